use std::process::ExitCode;

fn main() -> ExitCode {
    greenroom::cli::run()
}
