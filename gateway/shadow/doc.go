// Package shadow runs a share of the statements a second time, without pushdown and without the optimizer's rules, to find
// out whether the answer that went to the user was right.
//
//	w := s.Watch(prepared, env, rate, text)   // nil, which does nothing, unless the statement is one of the share
//	w.Add(batch)                              // as the answer streams: it is digested, not kept
//	w.Done()                                  // once it was sent; never waits
//
// A check runs in the background, one at a time, when the answer was sent. It is nobody's business: it takes no turn at a source
// that others wait for, memory only of what queries leave, reads and takes no more than its Limits, and gives up at the
// first sign that it is in the way (engine.Background). It is tried again a few times; no transaction that it has at a source
// outlasts Limits.Time. What comes while too many wait is not checked.
//
// # What is compared
//
// Answers are multisets of rows, which are told apart as GROUP BY does: under a collation equal texts are equal however they
// are written. Of each there is a digest: the count, and sums of hashes of the rows. Of an ordered answer also
// the keys of the order in their sequence, up to the first that is not in the result or whose equal values can look different; so
// rows that are equal in the order may come in any. Columns of DOUBLE that depend on the order of addition differ by at
// most one part in 10⁹, of the magnitudes that are added up: the run without pushdown has SUM(ABS(x)) beside SUM(x)
// (optimize.Magnified). Where there is no such bound, a column is not compared. A statement whose right answer is not determined is exempt, which is
// decided once, on its plan (optimize.Comparable).
//
// # What a mismatch means
//
// The tables may have changed since the user's run. So both ways are run again, twice, within one snapshot where sources have
// such; only if each way agrees with itself and not with the other is the answer wrong. Then the cause is looked for: all
// suspects are left out of the plan, the rules that changed it and whatever its sources were asked for, and one after the other
// comes back unless the answer is wrong with it. What is left out in the end is as little as makes the answer right. It is
// put under quarantine: no plan of the statement has it any more, nor, once a second statement was answered wrongly for the same
// reason, a plan of any. EXPLAIN says so, the log and a metric raise the alarm, and the catalog store remembers, until an
// administrator releases it. Statements are the same if they differ in literals only (parse.Digest).
//
// A quarantine is of a rule, or of what one source is asked for: a kind of node, or a function with the kind of its first
// argument. It is not of a table, since what a source gets wrong in one it is not to be trusted with in another, nor of a
// table's version, which a table that is written to changes all the time.
//
// The package does not know how a front end speaks to its users.
package shadow
