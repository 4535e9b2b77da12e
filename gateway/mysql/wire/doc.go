// Package wire is MySQL's client/server protocol, as a server speaks it: packets, the handshake, and what packets hold
// (MySQL Source Code Documentation, "Client/Server Protocol").
//
// A Conn reads and writes whole packets, whether they are longer than a packet may be, compressed, or encrypted. What it
// writes stays in its buffer until that is full or Flush is called, so a result's rows share system calls. Between two
// commands a connection holds no buffer of its own: thousands may be idle.
//
// Reading and writing are each one goroutine's at a time, and two methods are for others: Watch waits for the client to go
// away while a command runs and takes no byte of what comes next, Hurry bounds the time of a write under way.
//
// Texts are bytes here: which character set they have, and what a statement means, is the caller's matter. So are
// accounts: the package knows how a password is proven (NativePassword, CachingSHA2), not whose it is.
//
// Whatever a client sends that is not of the protocol is an error that says so; nothing it sends allocates more than a
// caller's limit.
package wire
