// Package rowkey turns the key columns of a batch into values that are compared, hashed and sorted without looking at
// column types again.
//
// For equality (joins, grouping) a row's key is one or two 64-bit words wherever its columns allow: integers, dates,
// decimals that fit an int64, strings of up to seven bytes. A single row that does not fit its words (a longer
// string, a wide decimal, a NULL) escapes to a byte string; since that depends on nothing but the row's values, equal
// keys always take the same form, whatever the physical width of the vectors they come from. Keys of more than two
// words are byte strings throughout.
//
// Groups numbers distinct keys; Index finds the rows of a key. Order makes byte strings whose order is a sort's.
//
// The package allocates from the Go heap; Bytes methods say how much, for the memory account.
package rowkey
