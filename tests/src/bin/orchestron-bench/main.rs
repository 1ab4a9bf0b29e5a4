//! `orchestron-bench`: how fast Orchestron is, each figure beside its floor: the least that any program could do, measured in the
//! same run and in turn with it. Ratios, growth and counts are judged; milliseconds are told. See `--help`.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!(
        "Memory, processor time and system calls are read from /proc here: the benchmark runs on Linux."
    );
}
