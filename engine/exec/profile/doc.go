// Package profile learns from the rows of a table, in one pass, how the values of its columns are spread: for the optimizer,
// never for an answer.
//
// Rows, NULLs and the least and greatest values are exact. Distinct values are counted by HyperLogLog, with an error of about
// one in a hundred. The most common values and the histogram come from a sample of the rows in which each has the same chance,
// bounded in rows and bytes: with few rows it has all of them, and then these are exact too.
//
// A long text is neither common nor a bound. Texts have no histogram, as an estimate has no use for one; nor have byte
// strings and JSON common values.
//
// A Profile keeps Go memory alone; Bytes says how much, for the memory account.
package profile
