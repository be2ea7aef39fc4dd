//! A tab, and somebody in front of it: who looks, clicks and types as people do.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::axe::violations;
use crate::chromium::{Chromium, PATIENCE};
use crate::tasks::{Task, tasks_of};

/// Between two looks at a page.
const LOOK_EVERY: Duration = Duration::from_millis(40);
/// How long a picture may take before it is asked for once more.
const PICTURE_WITHIN: Duration = Duration::from_secs(10);

/// What of a page can't be read or told, as a list of complaints.
const READABLE: &str = include_str!("readable.js");
/// What of it can't be seen.
const CUT: &str = include_str!("cut.js");

pub struct Tab<'b> {
    browser: &'b mut Chromium,
    id: String,
}

impl<'b> Tab<'b> {
    pub fn open(browser: &'b mut Chromium) -> Tab<'b> {
        let target = browser.call("", "Target.createTarget", json!({"url": "about:blank"}));
        let attached =
            browser.call("", "Target.attachToTarget", json!({"targetId": target["targetId"], "flatten": true}));
        let id = attached["sessionId"].as_str().expect("an attached tab").to_owned();
        for domain in ["Page", "Runtime", "Log", "Audits"] {
            browser.call(&id, &format!("{domain}.enable"), json!({}));
        }
        Tab { browser, id }
    }

    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.browser.call(&self.id, method, parameters)
    }

    /// Goes to an address and waits until the page is there with all it needs.
    pub fn visit(&mut self, url: &str) {
        self.leave("Page.navigate", json!({"url": url}));
    }

    pub fn reload(&mut self) {
        self.leave("Page.reload", json!({}));
    }

    /// The page that is left bears a mark, so that it can't be taken for the one that comes.
    fn leave(&mut self, method: &str, parameters: Value) {
        self.value("window.isLeft = true");
        let answer = self.call(method, parameters);
        assert!(answer["errorText"].is_null(), "{}", answer["errorText"]);
        self.until("!window.isLeft && document.readyState === 'complete'");
    }

    /// What a JavaScript expression is in this page.
    pub fn value(&mut self, expression: &str) -> Value {
        self.try_value(expression).unwrap_or_else(|why| panic!("{expression}: {why}"))
    }

    pub fn try_value(&mut self, expression: &str) -> Result<Value, Value> {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.browser.try_call(&self.id, "Runtime.evaluate", parameters)?;
        if answer["exceptionDetails"].is_null() {
            Ok(answer["result"]["value"].clone())
        } else {
            Err(answer["exceptionDetails"].clone())
        }
    }

    /// Waits until an expression is true; a page that is being replaced counts as not yet.
    pub fn until(&mut self, expression: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let last = self.try_value(&format!("Boolean({expression})"));
            if last == Ok(Value::Bool(true)) {
                return;
            }
            assert!(Instant::now() < until, "not so: {expression} ({last:?})\n{}", self.text());
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// The words that can be seen.
    pub fn text(&mut self) -> String {
        self.value("document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// Clicks in the middle of what a selector finds, once it is there.
    pub fn click(&mut self, selector: &str) {
        let found = format!("document.querySelector({})", Value::from(selector));
        self.until(&format!("{found}?.getClientRects().length"));
        let middle = self.value(&format!(
            "(() => {{ const e = {found}; e.scrollIntoView({{block: 'center', behavior: 'instant'}}); \
             const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2] }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let parameters = json!({"type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", parameters);
        }
    }

    /// Clicks a field, and writes in the place of what it holds.
    pub fn fill(&mut self, selector: &str, text: &str) {
        self.click(selector);
        self.until(&format!("document.activeElement === document.querySelector({})", Value::from(selector)));
        self.value("document.activeElement.select()");
        self.call("Input.insertText", json!({"text": text}));
    }

    /// Chooses a file of this machine in a field, as a person does in the dialog.
    pub fn choose_file(&mut self, selector: &str, path: &str) {
        let root = self.call("DOM.getDocument", json!({}));
        let of = json!({"nodeId": root["root"]["nodeId"], "selector": selector});
        let field = self.call("DOM.querySelector", of);
        self.call("DOM.setFileInputFiles", json!({"files": [path], "nodeId": field["nodeId"]}));
    }

    /// Types into whatever has the focus.
    pub fn write(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }

    /// Turns the wheel over the middle of what a selector finds; upwards where `by` is negative.
    pub fn wheel(&mut self, selector: &str, by: i32) {
        let middle = self.value(&format!(
            "(() => {{ const b = document.querySelector({}).getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2] }})()",
            Value::from(selector)
        ));
        let parameters = json!({"type": "mouseWheel", "x": middle[0], "y": middle[1], "deltaX": 0, "deltaY": by});
        self.call("Input.dispatchMouseEvent", parameters);
    }

    /// Runs a script in every page that this tab opens, before the page's own.
    pub fn before_each_page(&mut self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": script}));
    }

    /// Lets the pages of this server read and write the clipboard.
    pub fn allow_clipboard(&mut self, origin: &str) {
        let permissions = json!(["clipboardReadWrite", "clipboardSanitizedWrite"]);
        self.browser.call("", "Browser.grantPermissions", json!({"origin": origin, "permissions": permissions}));
        self.look_at();
    }

    /// Asks for every file anew from here on.
    pub fn forget_files(&mut self) {
        self.call("Network.enable", json!({}));
        self.call("Network.setCacheDisabled", json!({"cacheDisabled": true}));
    }

    /// Files that are downloaded go to this folder.
    pub fn download_into(&mut self, folder: &Path) {
        let parameters = json!({"behavior": "allow", "downloadPath": folder});
        self.browser.call("", "Browser.setDownloadBehavior", parameters);
    }

    /// What was downloaded, once it is there as a whole.
    pub fn downloaded(file: &Path) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            match std::fs::read_to_string(file) {
                Ok(text) if !text.is_empty() => return text,
                _ => assert!(Instant::now() < until, "{} doesn't come", file.display()),
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// The tab is the one that is looked at.
    pub fn look_at(&mut self) {
        self.call("Page.bringToFront", json!({}));
        self.call("Emulation.setFocusEmulationEnabled", json!({"enabled": true}));
    }

    /// Presses Tab, Enter, Escape, Space, an arrow, or a letter; `Ctrl+` before it holds that key.
    pub fn press(&mut self, keys: &str) {
        let (name, modifiers) = keys.strip_prefix("Ctrl+").map_or((keys, 0), |name| (name, 2));
        let (code, text) = match name {
            "ArrowUp" => (38, ""),
            "ArrowDown" => (40, ""),
            "Backspace" => (8, ""),
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "Space" => (32, " "),
            letter => (i64::from(letter.as_bytes()[0].to_ascii_uppercase()), letter),
        };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" && modifiers == 0 { text } else { "" };
            let parameters = json!({"type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code, "text": text,
                "modifiers": modifiers});
            self.call("Input.dispatchKeyEvent", parameters);
        }
    }

    /// What the browser complained of in this tab: errors of scripts, breaches of the content policy, failed requests.
    pub fn complaints(&self) -> Vec<String> {
        let complaint = |event: &Value| match event["method"].as_str()? {
            "Runtime.exceptionThrown" => Some(event["params"]["exceptionDetails"].to_string()),
            // A remark, not a fault: the field is of a dialog that isn't open.
            "Log.entryAdded" if event["params"]["entry"]["text"].as_str()?.starts_with("Autofocus processing") => None,
            "Log.entryAdded" => Some(event["params"]["entry"]["text"].to_string()),
            "Runtime.consoleAPICalled" if event["params"]["type"] == "error" => {
                Some(event["params"]["args"].to_string())
            }
            "Audits.issueAdded" if event["params"]["issue"]["code"] == "ContentSecurityPolicyIssue" => {
                Some(event["params"]["issue"]["details"].to_string())
            }
            _ => None,
        };
        self.browser.events(&self.id).filter_map(complaint).collect()
    }

    /// Notes from here on what the page's own thread does.
    pub fn watch_tasks(&mut self) {
        let categories = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"];
        let config = json!({"includedCategories": categories, "excludedCategories": ["*"]});
        self.browser.call("", "Tracing.start", json!({"traceConfig": config, "transferMode": "ReportEvents"}));
    }

    /// The tasks since then.
    pub fn tasks(&mut self) -> Vec<Task> {
        tasks_of(&self.browser.traced())
    }

    pub fn size(&mut self, width: u32, height: u32) {
        let is_phone = width < 600;
        let parameters = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone});
        self.call("Emulation.setDeviceMetricsOverride", parameters);
        self.call("Emulation.setTouchEmulationEnabled", json!({"enabled": is_phone}));
    }

    /// `light` or `dark`.
    pub fn theme(&mut self, theme: &str) {
        // Without motion: a picture would catch a colour on its way to another.
        let features = json!([
            {"name": "prefers-color-scheme", "value": theme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    fn assert_fits(&mut self, name: &str) {
        let too_wide = self.value("document.documentElement.scrollWidth - innerWidth");
        assert!(too_wide.as_i64().is_some_and(|pixels| pixels <= 0), "{name} scrolls sideways by {too_wide}");
    }

    /// Keeps what is seen in `target/screenshots/`, for a person to look at.
    pub fn photograph(&mut self, name: &str) {
        self.shoot(name, json!({"format": "png", "captureBeyondViewport": false}));
    }

    /// The same of the whole page, as far as it can be scrolled.
    pub fn photograph_whole(&mut self, name: &str) {
        let size =
            self.value("[document.documentElement.clientWidth, Math.min(document.documentElement.scrollHeight, 6000)]");
        let clip = json!({"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1});
        self.shoot(name, json!({"format": "png", "captureBeyondViewport": true, "clip": clip}));
    }

    fn shoot(&mut self, name: &str, how: Value) {
        // Chromium forgets a picture that is asked for just when it puts one page in another's place.
        let shot = match self.browser.call_within(PICTURE_WITHIN, &self.id, "Page.captureScreenshot", how.clone()) {
            Some(shot) => shot.expect("a picture"),
            None => self.call("Page.captureScreenshot", how),
        };
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/screenshots"));
        let file = folder.join(format!("{name}.png"));
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        let picture = from_base64(shot["data"].as_str().expect("a picture"));
        std::fs::write(file, picture).expect("the picture is written");
    }

    /// Photographs the page as a desk and a phone show it, by day and by night.
    pub fn photograph_all(&mut self, name: &str) {
        self.in_all_forms(name, |tab, form| tab.photograph(&format!("{name}-{form}")));
    }

    /// The same for a page of ours, which must be readable in each form.
    pub fn inspect(&mut self, name: &str) {
        // The smallest phone; also what a desk's page is at 400 % (WCAG 1.4.10).
        self.size(320, 640);
        self.assert_fits(name);
        self.in_all_forms(name, |tab, form| {
            assert_eq!(tab.faults(), Vec::<String>::new(), "{name} {form}");
            assert_eq!(violations(tab), Vec::<String>::new(), "{name} {form}");
            tab.photograph(&format!("{name}-{form}"));
        });
    }

    pub fn faults(&mut self) -> Vec<String> {
        serde_json::from_value(self.value(READABLE)).expect("a list of words")
    }

    /// What sticks out of the page or is cut off.
    pub fn cut(&mut self) -> Vec<String> {
        serde_json::from_value(self.value(CUT)).expect("a list of words")
    }

    fn in_all_forms(&mut self, name: &str, look: impl Fn(&mut Self, &str)) {
        for (width, height) in [(1440, 900), (390, 844)] {
            self.size(width, height);
            for theme in ["light", "dark"] {
                self.theme(theme);
                self.assert_fits(name);
                look(self, &format!("{width}-{theme}"));
            }
        }
        self.size(1440, 900);
        self.theme("light");
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    let six_bits = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = four.iter().fold(0_u32, |bits, c| bits << 6 | u32::from(six_bits(*c))) << (6 * (4 - four.len()));
        bytes.extend(bits.to_be_bytes()[1..].iter().take(four.len() - 1));
    }
    bytes
}
