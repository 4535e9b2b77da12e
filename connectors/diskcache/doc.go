// Package diskcache keeps parts of remote objects in a folder of this machine, so that they need not be fetched again, by a
// gateway that was restarted either.
//
// An entry is one range of one version of an object, and one file whose name says of what (files.go): the index is
// made of the folder's names, there is no journal that could differ from it. A file is written beside its place and moved there,
// and is not synced. What a crash tore, or a disk spoiled, does not have the checksum of its name: it is
// dropped when it is read, and fetched once more.
//
// A chunk is admitted when it is wanted for the second time while not more than the cache holds was wanted in between (seen.go):
// what is read once is never written, and a scan of more than the cache turns nothing out. What describes files is small and wanted by
// each query: it is admitted at once, until it takes a part of the cache. Room is made by SIEVE (sieve.go).
//
// One goroutine writes; what finds its queue full is not kept. Reading and writing never fail a query: an error of
// the disk turns the cache off until the next start, which the log says once.
//
// Who may read what is decided before: entries belong to a Scope, which is a secret of the source with the options, credentials
// among them, that it was read with. Another scope does not find them.
package diskcache
