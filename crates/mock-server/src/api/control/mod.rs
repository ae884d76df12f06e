//! The control plane under `/_mock`, which a real org does not have. One module for each resource.

mod about;
mod answer;
mod apps;
mod checkpoints;
mod clock;
mod curl;
mod faults;
mod har;
mod orgs;
mod rate_limit;
mod requests;
mod resource_owner;
mod state;
mod third_party;

pub(super) use about::{about, contract, health};
pub(super) use apps::set_state as set_app_state;
pub(super) use checkpoints::{
    diff as diff_checkpoint, keep as keep_checkpoint, list as list_checkpoints, remove as remove_checkpoint,
    reset, restore as restore_checkpoint,
};
pub(super) use clock::{advance_clock, clock, set_clock};
pub(super) use curl::line as curl_line;
pub(super) use faults::{
    add as add_fault, clear as clear_faults, list as list_faults, remove as remove_fault,
    remove_numbered as remove_fault_numbered,
};
pub(super) use har::requests_as_har;
pub(super) use orgs::{
    add as add_org, list as list_orgs, remove as remove_org, remove_named as remove_org_named,
};
pub(super) use rate_limit::{remove as remove_rate_limit, set as set_rate_limit};
pub(super) use requests::{clear as clear_requests, list as list_requests, wait as wait_for_requests};
pub(super) use resource_owner::{age_consent, deny, grant};
pub(super) use state::{read as read_state, replace as replace_state};
pub(super) use third_party::{get as third_party, reset as reset_third_party, set as set_third_party};
