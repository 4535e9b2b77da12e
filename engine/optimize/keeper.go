package optimize

import "iter"

// Keeper keeps what was found out of tables for the processes that come after this one. It is safe for concurrent use.
type Keeper interface {
	// All yields what is kept by its key, what was kept first before what was kept last.
	All() iter.Seq2[string, []byte]
	// Get returns what is kept under a key, nil if nothing is.
	Get(key string) ([]byte, error)
	// Put keeps data under a key, in place of what was kept under it.
	Put(key string, data []byte) error
	Delete(key string) error
}

// What a Keeper's keys begin with.
const (
	analyzedKey = "analyzed\x00" // then a table's name
	learntKey   = "learnt\x00"
)
