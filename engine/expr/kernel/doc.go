// Package kernel computes vectors from vectors: the loops beneath engine/expr.
//
// A kernel is a Func. It is made once per expression by a constructor that is told the types of the arguments, the
// result and every constant, and chooses its loop there; while it runs it looks only at what differs between batches:
// the physical width of decimals, and whether there are NULLs. Arguments are Datums, a vector or one value for all
// rows; at least one is a vector, and none is a NULL value: the caller has dealt with those.
//
// Rules that every kernel keeps:
//
//   - Arguments are borrowed, may be slices (offset not 0) and may hold anything in the rows that are NULL. The result has
//     exactly n rows and is the caller's: memory from Context.Mem, or an argument retained where nothing changes.
//   - Loops run over all rows, NULL or not, and validity is combined by bitmap. What may fail (overflow) is first
//     computed for all rows, and looked at row by row only if any failed, since it may be a NULL row that did.
//   - A loop is written out for its operator and generic in its value type; no operator is passed as a function.
//   - Bitmaps leave with the bits beyond the last row zero.
//
// Decimals run in the narrowest of 64, 128 and 256 bits that a bound of the batch's magnitudes proves safe; a constructor
// knows scales, never widths.
//
// Take, Concat, Widen, FromValues and ValueAt are also for operators and connectors.
//
// The package knows no expressions, columns or plans, and applies no implicit conversion.
package kernel
