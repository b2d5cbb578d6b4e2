//! One contract for every figure: never a panic, never a blank sheet, the same bytes for the same data.
