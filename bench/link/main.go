// Command link puts a slow link in front of each server of its arguments and prints their addresses as a JSON array. For
// each line of its input it prints what went over all of them so far. It ends with its input.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/silogate/silogate/internal/testserver"
)

type counts struct {
	Bytes int64 `json:"bytes"`
	Trips int64 `json:"trips"` // dependent round trips
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(targets []string) error {
	config := testserver.Slow()
	config.Trips = &testserver.Trips{}
	var links []*testserver.Link
	var addresses []string
	for _, target := range targets {
		l, err := testserver.NewLink(target, config)
		if err != nil {
			return err
		}
		defer l.Close()
		links, addresses = append(links, l), append(addresses, l.Addr())
	}
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(addresses); err != nil {
		return err
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		c := counts{Trips: config.Trips.Count()}
		for _, l := range links {
			n := l.Counts()
			c.Bytes += n.Up + n.Down
		}
		if err := out.Encode(c); err != nil {
			return err
		}
	}
	return in.Err()
}
