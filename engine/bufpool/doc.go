// Package bufpool reuses the buffers of Arrow vectors.
//
// A query allocates and frees a vector for every column of every batch, gigabytes for each one it keeps. The garbage
// collector would clear each of these buffers when it is made and look for it when it is dropped. Here a freed buffer
// waits in a free list of its size class for the next vector, as it is.
//
// A Pool clears what it hands out, as the Go heap does and arrow-go counts on. Code that writes every byte of a buffer
// says so with Uncleared. Nothing may refer to a vector after its last Release: what is kept longer is copied. Package
// bufpooltest has the allocator of the tests, which makes a breach of either rule show.
//
// The free lists are sync.Pools: what nobody takes within two collections goes back to the Go heap, so the package has
// no limit of its own. What queries hold is accounted elsewhere (exec.Account).
package bufpool
