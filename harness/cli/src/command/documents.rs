//! `kvspec completions` and `kvspec man`: made of the options that the command has.

use clap::Command;
use kvspec::report::Exit;

use super::{complain, print};

pub(super) use clap_complete::Shell;

/// Writes what a shell loads to complete the command.
pub(super) fn completions(command: &mut Command, shell: Shell) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(shell, command, "kvspec", &mut text);
    print(&String::from_utf8_lossy(&text));
    Exit::Conformant
}

/// Writes the manual page, and after it those of the commands.
pub(super) fn man(mut command: Command) -> Exit {
    command.build();
    let mut text = Vec::new();
    let commands = command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help");
    let pages = std::iter::once(command.clone()).chain(commands.cloned());
    for page in pages {
        let name = page.get_display_name().unwrap_or(page.get_name()).to_owned();
        if let Err(error) = clap_mangen::Man::new(page).title(name).render(&mut text) {
            return complain(Exit::OwnFault, error);
        }
    }
    print(&String::from_utf8_lossy(&text));
    Exit::Conformant
}
