// Package jsonlines reads files of JSON objects, one on each line (jsonlines.org, ndjson).
//
// The columns are the keys of the first objects in the order in which they appear, as text.Guess types their values; a key that
// an object lacks, or that is null, is NULL, and of a key that occurs twice in an object the last value counts. Dates and times are texts that read as such; a text that
// reads as a number stays a text. Objects and arrays are JSON, as MySQL prints it, and so is what shares a key with
// them; texts and numbers under one key are texts. A key that only later objects have is not shown, with a warning.
//
// A line that is no JSON object is malformed; an empty one is no record. A file that is one JSON document over many lines
// is refused.
package jsonlines
