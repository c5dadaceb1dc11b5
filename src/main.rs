use std::process::ExitCode;

/// A request makes hundreds of short-lived allocations, from several threads: with the system's allocator, a fifth of its
/// time. Without its huge pages, with which an idle process would hold twice as much.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    greenroom::cli::run()
}
