//! Holds the rules of CONTRIBUTING.md that a program can hold: sizes, module directions, homes, words, and what docs name.
//!
//! Each check is a function from files to findings, so each has a negative control: a small planted offender that it must
//! find. Exceptions stand beside the rule, one line each, with their reason.

mod directions;
mod docs;
mod glossary;
mod homes;
mod leaks;
mod rust;
mod sizes;
mod tests_left_out;
mod to_do;
mod tree;
mod words;

use tree::File;

fn assert_tidy(findings: &[String]) {
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

#[test]
fn files_and_functions_are_small() {
    assert_tidy(&sizes::check(&tree::files()));
}

#[test]
fn modules_import_in_one_direction() {
    assert_tidy(&directions::check(&tree::files()));
}

#[test]
fn sql_clock_http_and_requests_stay_in_their_homes() {
    assert_tidy(&homes::check(&tree::files()));
}

#[test]
fn one_word_stands_for_one_thing() {
    assert_tidy(&glossary::check(&tree::files()));
}

#[test]
fn docs_name_only_files_that_are_there() {
    assert_tidy(&docs::check(&tree::files()));
}

#[test]
fn every_to_do_has_an_issue() {
    assert_tidy(&to_do::check(&tree::files()));
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    assert_tidy(&leaks::check(&tree::files()));
}

#[test]
fn tests_that_may_be_left_out_fail_where_all_were_promised() {
    assert_tidy(&tests_left_out::check(&tree::files()));
}

#[test]
fn words_of_the_screens_stand_in_their_module() {
    assert_tidy(&words::check(&tree::files()));
}
