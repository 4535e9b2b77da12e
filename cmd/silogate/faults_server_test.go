//go:build integration

package main

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// silentServer is an address that accepts connections and never answers, and how many it has accepted.
func silentServer(t *testing.T) (string, *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	asked := new(atomic.Int64)
	var open sync.WaitGroup
	go func() {
		defer close(over)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			open.Go(func() {
				defer c.Close()
				io.Copy(io.Discard, c) //nolint:errcheck // until the client hangs up
			})
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-over
		open.Wait()
	})
	return l.Addr().String(), asked
}
