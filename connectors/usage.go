package connectors

import (
	"sync/atomic"
	"time"
)

// Usage counts what a fragment's run costs its source, live and add-only. All methods are safe for concurrent use.
type Usage struct {
	bytes, rows, requests, remote, memory, disk atomic.Int64
}

// AddBytes counts bytes received.
func (u *Usage) AddBytes(n int64) { u.bytes.Add(n) }

// AddFromMemory counts bytes that a cache in memory had.
func (u *Usage) AddFromMemory(n int64) { u.memory.Add(n) }

// AddFromDisk counts bytes that a cache on disk had.
func (u *Usage) AddFromDisk(n int64) { u.disk.Add(n) }

// AddRows counts rows received.
func (u *Usage) AddRows(n int64) { u.rows.Add(n) }

// AddRequest counts one request or statement.
func (u *Usage) AddRequest() { u.requests.Add(1) }

// AddRemoteTime counts time spent waiting for the source.
func (u *Usage) AddRemoteTime(d time.Duration) { u.remote.Add(int64(d)) }

// Totals is a reading of Usage.
type Totals struct {
	Bytes, Rows, Requests int64
	Remote                time.Duration
	FromMemory, FromDisk  int64 // bytes that caches had
}

// Totals reads the counters.
func (u *Usage) Totals() Totals {
	return Totals{
		Bytes: u.bytes.Load(), Rows: u.rows.Load(), Requests: u.requests.Load(), Remote: time.Duration(u.remote.Load()),
		FromMemory: u.memory.Load(), FromDisk: u.disk.Load(),
	}
}
