//! Tests of the command and of what it is made of, on real components.

mod both_forms;
mod command;
mod component;
mod coverage;
mod coverage_limits;
mod coverage_operands;
mod diagram;
mod expectations;
mod exploration;
mod files;
mod first_steps;
mod fuzz_command;
mod fuzz_mutants;
mod fuzzing;
mod fuzzing_store;
mod history_files;
mod hosts;
mod judge_command;
mod judge_recordings;
mod middle;
mod odd_hosts;
mod report_schema;
mod scripted_target;
mod threads;
mod threads_store;
