use std::process::ExitCode;

/// A request makes hundreds of short-lived allocations, from several threads: with the system's allocator, a fifth of its
/// time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    greenroom::cli::run()
}
