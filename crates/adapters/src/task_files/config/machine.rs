//! What this machine can bear, for limits that the configuration leaves to it.

/// Most agents at once, unless somebody says otherwise.
const MOST: u32 = 4;
/// Memory that an agent with what it starts may need, in KiB (1.5 GB).
const AGENT_KIB: u64 = 1_500_000;
/// Agents that may be starting at once on each core.
const STARTS_PER_CORE: u32 = 2;

/// How many agents may work at once: min(4, half the cores, free memory / 1.5 GB), at least one.
pub(super) fn parallel() -> u32 {
    let memory = free_kib().map_or(MOST, |kib| {
        u32::try_from(kib / AGENT_KIB).unwrap_or(u32::MAX)
    });
    MOST.min(cores() / 2).min(memory).max(1)
}

/// How many agents may be starting at once.
pub(super) fn starts() -> u32 {
    cores().saturating_mul(STARTS_PER_CORE)
}

fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1))
}

/// Free memory in KiB, on systems that tell it in a file.
fn free_kib() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    read_free(&told)
}

fn read_free(told: &str) -> Option<u64> {
    let line = told
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{parallel, read_free};

    #[test]
    fn free_memory_is_read_as_the_kernel_tells_it() {
        let told = "MemTotal:       24590376 kB\nMemFree: 1 kB\nMemAvailable:   12345678 kB\n";
        assert_eq!(read_free(told), Some(12_345_678));
        assert_eq!(read_free("MemTotal: 1 kB\n"), None);
        assert!((1..=4).contains(&parallel()));
    }
}
