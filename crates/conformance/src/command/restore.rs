//! `okta-conformance restore`.

use std::io::Write as _;

use super::arguments::{Format, RestoreArgs};
use super::messages::{complain, unwritten};
use super::runtime::block_on;
use super::settings::{network, style};
use crate::credential::Credential;
use crate::error::RunError;
use crate::exit_code::{CONFORMS, NOT_RESTORED};
use crate::reporters::{self, Terminal};
use crate::runner::Builder;
use crate::runner::{RestoreEvent, restore_by};

pub(super) fn restore(args: RestoreArgs) -> Result<u8, RunError> {
    let credential = match &args.connection.credential_file {
        Some(path) => Some(Credential::from_file(path)?),
        None => Credential::from_environment()?,
    };
    let scheme = credential.as_ref().map(Credential::scheme).unwrap_or_default();
    let builder = network(args.connection.network, Builder::default());
    let builder = credential.into_iter().fold(builder, Builder::credential);
    let builder = args.target.into_iter().fold(builder, Builder::target);
    let file = args.file.display().to_string();
    let on_event = &mut |event: &RestoreEvent| {
        complain(&match event {
            RestoreEvent::Target(target) => format!("restoring {target} from {file}"),
            RestoreEvent::Waiting(waiting) => waiting.to_string(),
        });
    };
    let restored = block_on(restore_by(builder, &args.file, args.allow_writes.as_deref(), on_event))?;
    match args.form.format {
        Format::Terminal => {
            let mut terminal = Terminal::new(std::io::stdout(), style(args.form.color), scheme);
            terminal.restored(&restored);
            terminal.finish().map_err(|error| unwritten(&error))?;
        }
        Format::Json => {
            writeln!(std::io::stdout(), "{}", reporters::printed(&reporters::restored(&restored)))
                .map_err(|error| unwritten(&error))?
        }
    }
    Ok(if restored.left.is_empty() { CONFORMS } else { NOT_RESTORED })
}
