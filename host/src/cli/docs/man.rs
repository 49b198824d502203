//! `dossier.1`, the page of `man`: the program, and below it every command with its arguments.

use std::io;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::commands::leaves;
use crate::cli::Cli;

/// The page. It never fails: memory is all that is written to.
pub(super) fn page() -> String {
    let mut page = Vec::new();
    match write(&mut page) {
        Ok(()) => String::from_utf8_lossy(&page).into_owned(),
        Err(_) => String::new(),
    }
}

fn write(page: &mut Vec<u8>) -> io::Result<()> {
    let mut command = Cli::command();
    command.build();
    let man = Man::new(command.clone()).manual("dossier");
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    for (name, leaf) in leaves(&command) {
        write_command(page, &name, leaf)?;
    }
    Ok(())
}

/// A command, with its synopsis, what it does and what it takes as parts of one section.
fn write_command(page: &mut Vec<u8>, name: &str, command: &Command) -> io::Result<()> {
    let man = Man::new(command.clone());
    let mut parts = Vec::new();
    man.render_synopsis_section(&mut parts)?;
    man.render_description_section(&mut parts)?;
    if command.get_arguments().next().is_some() {
        man.render_options_section(&mut parts)?;
    }
    page.extend_from_slice(format!(".SH \"{}\"\n", name.to_uppercase()).as_bytes());
    let parts = String::from_utf8_lossy(&parts);
    page.extend_from_slice(parts.replace(".SH ", ".SS ").as_bytes());
    Ok(())
}
