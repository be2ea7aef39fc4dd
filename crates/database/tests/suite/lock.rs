//! One server per folder.

use database::{Error, FolderLock};

#[test]
fn a_second_holder_of_a_folder_is_refused_until_the_first_lets_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lock");
    let first = FolderLock::acquire(&path).unwrap();
    assert!(matches!(FolderLock::acquire(&path), Err(Error::Locked(held)) if held == path));
    drop(first);
    FolderLock::acquire(&path).unwrap();
}

#[test]
fn a_folder_that_is_not_there_is_unavailable_rather_than_locked() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(FolderLock::acquire(&folder.path().join("no/lock")), Err(Error::Unavailable(_))));
}
