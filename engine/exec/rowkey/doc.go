// Package rowkey turns the key columns of a batch into values that are compared, hashed and sorted without looking at
// column types again.
//
// For equality (joins, grouping) a row's key is a few 64-bit words, into which its fields are packed column by column.
// Integers, dates, decimals that fit an int64 and strings of up to seven bytes are told apart by their words alone. A longer
// string, or what it weighs under a collation, has its hash in its word; where words are equal it is compared itself, again
// column by column. The few values that words cannot tell from others, a NULL above all, have flags beside the words, which
// batches without such values do not. All of that depends on nothing but the row's values, so equal keys always take the
// same form, whatever the physical width of the vectors they come from.
//
// Groups numbers distinct keys; Index finds the rows of a key. Order makes byte strings whose order is a sort's.
//
// The package allocates from the Go heap; Bytes methods say how much, for the memory account.
package rowkey
