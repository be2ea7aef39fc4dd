//! Tokens of the public API: `pl_live_`, 30 random letters and digits (178 bits), `_`, and a 4-letter checksum, so that a
//! mistyped one is refused without asking the database, and a leaked one can be told by scanners.

use sha2::{Digest, Sha256};

use crate::error::{Code, Error};
use crate::event_kind::Cause;
use crate::id::{TeammateId, TokenId, WorkspaceId, random_bytes};
use crate::store::Write;
use crate::store::tokens::{TokenRow, token_insert};
use crate::workspace::token_limits::TokenLimits;

const PREFIX: &str = "pl_live_";
const SECRET_CHARS: usize = 30;
const CHECK_CHARS: usize = 4;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// How much of a token is kept in clear, to tell tokens apart.
const HINT_CHARS: usize = PREFIX.len() + 4;
pub const TOKEN_NAME_CHARS_MAX: usize = 64;

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Read,
    Send,
    Full,
}

impl Scope {
    pub const ALL: [Scope; 3] = [Scope::Read, Scope::Send, Scope::Full];

    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Send => "send",
            Scope::Full => "full",
        }
    }

    pub fn parse(text: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    pub const fn may_read(self) -> bool {
        !matches!(self, Scope::Send)
    }

    pub const fn may_send(self) -> bool {
        !matches!(self, Scope::Read)
    }

    /// Whether it may change what isn't sent: teammates, templates, webhooks and the like.
    pub const fn may_manage(self) -> bool {
        matches!(self, Scope::Full)
    }
}

/// Who is asking, once proven: whoever holds one came with a good token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub workspace: WorkspaceId,
    pub token: TokenId,
    pub token_name: String,
    pub scope: Scope,
    /// May act on sandbox accounts only.
    pub sandbox_only: bool,
    /// Whose token it is; may have left since, so whoever needs the teammate looks.
    pub teammate: TeammateId,
    pub limits: TokenLimits,
}

impl Caller {
    /// The operator, who needs no token: whoever may open the data folder may do anything.
    pub fn operator(workspace: WorkspaceId) -> Caller {
        Caller {
            workspace,
            token: TokenId(0),
            token_name: String::new(),
            scope: Scope::Full,
            sandbox_only: false,
            teammate: TeammateId::OWNER,
            limits: TokenLimits::default(),
        }
    }

    /// Whether what is on some accounts of the workspace isn't there for it.
    pub fn is_limited_to_accounts(&self) -> bool {
        !self.limits.accounts.is_empty()
    }

    /// A teammate at a screen, who needs no token either; the screen has asked whether their role may do it.
    pub fn teammate(workspace: WorkspaceId, teammate: TeammateId) -> Caller {
        Caller { teammate, ..Caller::operator(workspace) }
    }

    /// Who is behind what this caller does.
    pub fn cause(&self) -> Cause {
        if self.token == TokenId(0) { Cause::Operator } else { Cause::Token(self.token) }
    }

    /// Whether the caller's token may use the account with this phone.
    ///
    /// # Errors
    /// `permission_denied`, naming the account.
    pub fn may_use_account(&self, phone: &str) -> Result<(), Error> {
        if self.limits.allow_account(phone) {
            return Ok(());
        }
        let rule = format!("This token may not use WhatsApp account {phone}");
        Err(Error::new(Code::PermissionDenied, format!("{rule}; use one of its accounts, or another token")))
    }
}

/// The text of a token: shown once, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret(String);

impl TokenSecret {
    /// A new one from the operating system's randomness.
    pub fn generate() -> TokenSecret {
        let mut secret = String::from(PREFIX);
        while secret.len() < PREFIX.len() + SECRET_CHARS {
            let [byte] = random_bytes::<1>();
            // 248 is the largest multiple of 62 in a byte; what lies above would favour the first letters.
            if byte < 248 {
                secret.push(char::from(ALPHABET[usize::from(byte) % 62]));
            }
        }
        let check = checksum(&secret);
        TokenSecret(format!("{secret}_{check}"))
    }

    /// A token as it came in, if its form and checksum are right.
    pub fn parse(text: &str) -> Option<TokenSecret> {
        let (secret, check) = text.rsplit_once('_')?;
        let random = secret.strip_prefix(PREFIX)?;
        let well_formed = random.len() == SECRET_CHARS
            && check.len() == CHECK_CHARS
            && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && checksum(secret) == check;
        well_formed.then(|| TokenSecret(text.to_owned()))
    }

    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    pub fn hint(&self) -> &str {
        &self.0[..HINT_CHARS]
    }

    /// The token itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for TokenSecret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "TokenSecret({}..)", self.hint())
    }
}

/// A token to make.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    pub scope: Scope,
    pub sandbox_only: bool,
    /// Whose it is.
    pub teammate: TeammateId,
    pub limits: TokenLimits,
}

/// Stores a new token of the Owner without limits; its secret was made before the write began.
///
/// # Errors
/// As [`create_limited_token`].
pub fn create_token(
    write: &mut Write<'_, '_>,
    name: &str,
    scope: Scope,
    sandbox_only: bool,
    secret: &TokenSecret,
) -> Result<TokenId, Error> {
    let limits = TokenLimits::default();
    let token = NewToken { name: name.to_owned(), scope, sandbox_only, teammate: TeammateId::OWNER, limits };
    create_limited_token(write, &token, secret)
}

/// Stores a new token; its secret was made before the write began.
///
/// # Errors
/// `validation_error` for a name that is empty or longer than [`TOKEN_NAME_CHARS_MAX`], and for an account that the
/// workspace doesn't have.
pub fn create_limited_token(
    write: &mut Write<'_, '_>,
    token: &NewToken,
    secret: &TokenSecret,
) -> Result<TokenId, Error> {
    let name = token.name.trim();
    let length = name.chars().count();
    if length == 0 || length > TOKEN_NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let rule = format!("A token's name has 1 to {TOKEN_NAME_CHARS_MAX} characters; give it another name");
        return Err(Error::invalid("name", rule));
    }
    token.limits.check(write)?;
    write.counters.token_last += 1;
    let id = TokenId(write.counters.token_last);
    let row = TokenRow {
        workspace: write.workspace_id(),
        id,
        name: name.to_owned(),
        scope: token.scope.as_str().to_owned(),
        sandbox_only: token.sandbox_only,
        teammate: token.teammate,
        hint: secret.hint().to_owned(),
        created_at: write.now,
        revoked_at: crate::clock::Time::NEVER,
        last_used_at: crate::clock::Time::NEVER,
        accounts: token.limits.accounts_text(),
        networks: token.limits.networks_text(),
        expires_at: token.limits.expires_at,
        collapses: token.limits.collapses,
    };
    token_insert(write, &row, secret.hash())?;
    Ok(id)
}

fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(CHECK_CHARS).map(|byte| char::from(ALPHABET[usize::from(*byte) % 62])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_token_is_recognised_and_a_mistyped_one_is_not() {
        let secret = TokenSecret::generate();
        assert_eq!(TokenSecret::parse(secret.reveal()), Some(secret.clone()));
        let mut wrong = secret.reveal().to_owned().into_bytes();
        wrong[12] = if wrong[12] == b'x' { b'y' } else { b'x' };
        assert_eq!(TokenSecret::parse(std::str::from_utf8(&wrong).expect("ASCII")), None);
        for text in ["", "pl_live_", "Bearer x", "pl_live_é", "____"] {
            assert_eq!(TokenSecret::parse(text), None);
        }
    }

    #[test]
    fn a_printed_token_hides_its_secret() {
        let secret = TokenSecret::generate();
        assert!(!format!("{secret:?}").contains(&secret.reveal()[HINT_CHARS..]));
    }
}
