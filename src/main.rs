//! Parse, run, exit code.

fn main() -> std::process::ExitCode {
    rails::cli::main()
}
