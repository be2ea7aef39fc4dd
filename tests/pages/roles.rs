//! Each role sees and does what the table of permissions says, and nothing else; walked from that table.

use axum::http::StatusCode;
use partyline::workspace::permissions::Right;
use partyline::workspace::teammates::Role;

use crate::kit::pages::{DOORS, NO_PAGES, PAGES, PAGES_OF_ONE};
use crate::kit::{Actor, Engine, TestApp};
use crate::{owner, teammate};

/// Forms, with the right that each needs, and something that is refused for another reason where the right is there.
const FORMS: [(&str, &str, Right); 33] = [
    ("//accounts/link", "name=", Right::ManageAccounts),
    ("//accounts/99/link", "", Right::ManageAccounts),
    ("//accounts/cloud", "phone_number_id=", Right::ManageAccounts),
    ("//accounts/99/token", "access_token=", Right::ManageAccounts),
    ("//accounts/99/rename", "name=x", Right::ManageAccounts),
    ("//accounts/99/manner", "pacing_ms=", Right::ManageAccounts),
    ("//accounts/99/again", "", Right::ManageAccounts),
    ("//accounts/99/unlink", "", Right::ManageAccounts),
    ("//accounts/99/play", "scene=held", Right::ManageAccounts),
    ("//accounts/linking/99/confirm", "", Right::ManageAccounts),
    ("//templates", "name=", Right::SendMessages),
    ("//templates/99/delete", "", Right::SendMessages),
    ("//contacts/merge", "from=1&into=1", Right::SendMessages),
    ("//contacts/99/opt", "out=true", Right::SendMessages),
    ("//inbox/99/snooze", "until=tomorrow", Right::SendMessages),
    ("//inbox/99/close", "", Right::SendMessages),
    ("//team/invite", "email=nobody", Right::ManageTeam),
    ("//team/99/team", "team=Sales", Right::ManageTeam),
    ("//team/99/role", "role=admin", Right::ManageTeam),
    ("//team/99/link", "", Right::ManageTeam),
    ("//team/99/remove", "", Right::ManageTeam),
    ("//team/99/withdraw", "", Right::ManageTeam),
    ("//integrations/public-api/increase", "reason=", Right::ManageTokens),
    ("//integrations/webhooks", "event_type=nothing", Right::ManageWebhooks),
    ("//integrations/webhooks/99/test", "", Right::ManageWebhooks),
    ("//integrations/webhooks/99/pause", "", Right::ManageWebhooks),
    ("//integrations/webhooks/99/resume", "", Right::ManageWebhooks),
    ("//integrations/webhooks/99/rotate", "", Right::ManageWebhooks),
    ("//integrations/webhooks/99/delete", "", Right::ManageWebhooks),
    ("//integrations/webhooks/99/resend", "delivery=x", Right::ManageWebhooks),
    ("//integrations/webhooks/99/replay", "from=2026-01-01T00%3A00", Right::ManageWebhooks),
    ("//workspace", "name=&zone=", Right::ManageWorkspace),
    ("//welcome/send", "text=", Right::SendMessages),
];

#[tokio::test]
async fn each_role_sees_and_does_what_its_table_says() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    for role in Role::ALL {
        let somebody = match role {
            Role::Owner => ana.clone(),
            _ => teammate(&app, &ana, &format!("{}%40x.example", role.as_str()), role.as_str()).await,
        };
        for (path, right) in PAGES {
            let status = somebody.get(&format!("/{path}")).await.status;
            let may = right.is_none_or(|right| role.may(right)) && (path != "/instance" || role == Role::Owner);
            assert_eq!(status.is_success() || status.is_redirection(), may, "{role:?} {path}: {status}");
            assert_eq!(status == StatusCode::FORBIDDEN, !may, "{role:?} {path}: {status}");
        }
        for path in ["//contacts/contacts.csv", "//integrations/public-api/log.csv"] {
            let right = if path.contains("contacts") { Right::ReadChats } else { Right::ReadApiLog };
            assert_eq!(somebody.get(path).await.status == StatusCode::OK, role.may(right), "{role:?} {path}");
        }
        for (path, form, right) in FORMS {
            let status = somebody.post_form(path, form).await.status;
            let is_other_refusal = status == StatusCode::BAD_REQUEST || status == StatusCode::NOT_FOUND;
            let is_shown_again = status == StatusCode::OK;
            assert_eq!(is_other_refusal || is_shown_again, role.may(right), "{role:?} {path}: {status}");
            assert_eq!(status == StatusCode::FORBIDDEN, !role.may(right), "{role:?} {path}: {status}");
        }
        links_lead_somewhere(&somebody, role).await;
    }
}

/// A number that is none is a page of ours as well, and nothing of the server's insides.
#[tokio::test]
async fn a_path_that_can_be_nobodys_leads_to_a_page_that_says_so() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    for (path, form, _) in FORMS.iter().filter(|(path, ..)| path.contains("/99/")) {
        let odd = ana.post_form(&path.replace("/99/", "/odd/"), form).await;
        assert_eq!(odd.status, StatusCode::NOT_FOUND, "{path}");
        assert!(odd.text().contains("There is no such page"), "{path}: {}", odd.text());
    }
}

/// Whatever the sidebar names opens.
async fn links_lead_somewhere(somebody: &Actor, role: Role) {
    let page = somebody.get("//account").await.text();
    let nav = page.split("<nav").nth(1).and_then(|rest| rest.split("</nav>").next()).expect("a sidebar");
    for link in nav.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert_eq!(somebody.get(&format!("/{link}")).await.status, StatusCode::OK, "{role:?}: {link}");
    }
}

#[tokio::test]
async fn an_admin_gets_at_neither_the_owner_nor_themself() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let joe = teammate(&app, &ana, "joe%40x.example", "admin").await;
    for (path, form) in [
        ("//team/1/role", "role=collaborator"),
        ("//team/1/link", ""),
        ("//team/1/remove", ""),
        ("//team/2/role", "role=collaborator"),
        ("//team/2/remove", ""),
    ] {
        assert_eq!(joe.post_form(path, form).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let crown = ana.post_form("//team/2/role", "role=owner").await;
    assert_eq!(crown.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn nobody_reaches_into_another_workspace() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let (other, _) = app.other_workspace().await;
    let caller = partyline::workspace::tokens::Caller::operator(other);
    app.write(other, move |write| {
        use partyline::workspace::{invitations, people, teammates};
        let invitation = invitations::Invitation {
            email: people::Email::parse("email", "sam@other.example")?,
            first_name: people::PersonName::default(),
            last_name: people::PersonName::default(),
            team: None,
            role: teammates::Role::Admin,
        };
        invitations::invite_teammate(write, &caller, &invitation)
    })
    .await;
    assert!(!ana.get("//team").await.text().contains("sam@other.example"));
    for path in ["//team/2/link", "//team/2/remove", "//team/2/withdraw"] {
        assert_eq!(ana.post_form(path, "").await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn hostile_names_are_only_text() {
    let app = TestApp::on(Engine::Sqlite).await;
    let hostile = "name=%3Cscript%3Ealert(1)%3C%2Fscript%3E&email=a%40b.example&password=salt+wind+over+the+pier\
                   &workspace=%22%3E%3Cimg+src%3Dx%3E&zone=UTC";
    let link = crate::setup_link(&app).await;
    let ana = crate::came_in(&app.stranger(), &app.stranger().post_form(&link, hostile).await);
    for path in ["//team", "//account", "//workspace", "//welcome"] {
        let page = ana.get(path).await.text();
        assert!(!page.contains("<script>") && !page.contains("<img"), "{path}: {page}");
        assert!(page.contains("&lt;script&gt;"), "{path}");
    }
}

/// A page that nobody has listed would be walked by nobody.
#[test]
fn every_page_is_listed() {
    let mut routes = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/dashboard"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the screens").map(|entry| entry.expect("a file").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                let text = std::fs::read_to_string(entry).expect("a file");
                let lines = text.lines().filter(|line| line.contains(".route(\"") && line.contains(" get("));
                routes.extend(lines.filter_map(|line| line.split('"').nth(1)).map(str::to_owned));
            }
        }
    }
    assert!(routes.len() > 20, "{routes:?}");
    let known: Vec<&str> = PAGES.iter().map(|page| page.0).chain(PAGES_OF_ONE).chain(DOORS).chain(NO_PAGES).collect();
    let unlisted: Vec<&String> = routes.iter().filter(|route| !known.contains(&route.as_str())).collect();
    assert!(unlisted.is_empty(), "list them in tests/kit/pages.rs: {unlisted:?}");
}
