//! Where the workspace is, and cargo run as if from a shell.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's root folder.
pub fn root() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&xtask).parent().expect("xtask lies in the workspace").to_owned()
}

/// Where chores keep what they install and start; removed by `cargo clean`.
pub fn chores_folder() -> PathBuf {
    target_folder().join("xtask")
}

/// Where cargo builds.
pub fn target_folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    std::path::absolute(target).expect("the current folder is known")
}

/// `cargo`, started in the workspace's root. `cargo run` gives its child the package's own variables, and some build
/// scripts ask to be rerun when those change (ring's does): passed on, they would rebuild half the tree each time.
pub fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root());
    forget_this_package(&mut command);
    command
}

pub fn forget_this_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let of_this_package = text.starts_with("CARGO_PKG_")
            || text.starts_with("CARGO_MANIFEST_")
            || matches!(text.as_ref(), "CARGO" | "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE");
        if of_this_package {
            command.env_remove(&name);
        }
    }
}
