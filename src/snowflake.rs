//! Discord's ids tell when they were made.
//! <https://discord.com/developers/docs/reference#snowflakes>

/// 2015-01-01, unix milliseconds.
const EPOCH: i64 = 1_420_070_400_000;

/// When `id` was made, unix milliseconds.
pub fn made_at(id: u64) -> i64 {
    (id >> 22).cast_signed() + EPOCH
}

/// An id not younger than any made at that time or later.
pub fn at(unix_ms: i64) -> u64 {
    ((unix_ms - EPOCH).max(0).cast_unsigned() << 22).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_when_it_was_made() {
        // The example of Discord's own documentation: 2016-04-30 11:18:25.796 UTC.
        assert_eq!(made_at(175_928_847_299_117_063), 1_462_015_105_796);
        assert_eq!(at(1_462_015_105_796) >> 22, 175_928_847_299_117_063 >> 22);
        assert_eq!(at(0), 1);
    }
}
