// Package blob reads objects of S3-compatible stores, of Google's and Azure's, and files of Hadoop file systems, of web
// servers and of local folders through one interface.
//
// Four things matter to a query engine and shape it:
//
//   - A query reads one version of an object. A listing gives each object's ETag, or what tells its versions apart otherwise, every read presents it, and an object
//     that was replaced or deleted meanwhile is sqlerr.SourceChanged, never a mixture of two versions.
//   - A remote read costs a round trip before the first byte. Fetcher merges neighbouring ranges into one request, runs a
//     bounded number of requests at once and reads a bounded number of bytes ahead of the consumer. How near neighbours
//     are, and how many requests there are, follows from the latency and the bandwidth that the store has shown so far.
//   - What was read last is likely to be read again. A Cache keeps it, by version; one request for each object and
//     execution proves that the version is still the object's.
//   - A listing may be endless. It is an iterator that asks for the next page as the loop advances, and with a delimiter
//     it sees folders without walking them.
//
// Errors are sqlerr.Error and name the object's location; callers add the source and the table. An object or folder that
// does not exist also matches fs.ErrNotExist. Cancelling a context ends a request at once.
//
// A store that speaks HTTP of its own is a server (server.go): what it asks for, how requests get their credentials and what refusals
// mean. Every store passes the suite of suite_test.go.
//
// The package knows nothing of file formats, and it does not write.
package blob
