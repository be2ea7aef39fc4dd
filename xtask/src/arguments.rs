//! What the person asked for.

use crate::install::Install;

#[derive(Debug, PartialEq)]
pub enum Chore {
    Help,
    Test,
    Postgres,
    Licences,
}

#[derive(Debug)]
pub struct Arguments {
    pub chore: Chore,
    pub install: Install,
    /// Everything after `--`, for the program the chore runs.
    pub rest: Vec<String>,
}

impl Arguments {
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
        let chore = match words.next().as_deref() {
            None | Some("help" | "--help" | "-h") => Chore::Help,
            Some("test") => Chore::Test,
            Some("postgres") => Chore::Postgres,
            Some("licences") => Chore::Licences,
            Some(other) => return Err(format!("there is no chore `{other}`; `cargo xtask help` lists them")),
        };
        let mut install = Install::Missing;
        for word in words.by_ref() {
            match word.as_str() {
                "--no-install" => install = Install::Nothing,
                "--" => break,
                other => return Err(format!("unknown argument `{other}`; arguments for the program go after `--`")),
            }
        }
        let rest: Vec<String> = words.collect();
        if chore == Chore::Postgres && rest.is_empty() {
            return Err("say what to run: cargo xtask postgres -- COMMAND...".to_owned());
        }
        Ok(Arguments { chore, install, rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn words_after_the_dashes_belong_to_the_program() {
        let arguments = parse("test --no-install -- -p database --no-capture").unwrap();
        assert_eq!(arguments.chore, Chore::Test);
        assert_eq!(arguments.install, Install::Nothing);
        assert_eq!(arguments.rest, ["-p", "database", "--no-capture"]);
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        assert!(parse("tset").unwrap_err().contains("tset"));
        assert!(parse("test --fast").unwrap_err().contains("--fast"));
        assert!(parse("postgres").unwrap_err().contains("COMMAND"));
    }
}
