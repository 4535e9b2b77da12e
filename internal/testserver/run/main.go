// Command run starts the test servers once, runs the command of its arguments with their addresses in the environment,
// and stops them: run go test -tags integration ./...
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/silogate/silogate/internal/testserver"
)

func main() {
	code, err := run(os.Args[1:])
	testserver.StopAll()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testserver:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(command []string) (int, error) {
	if len(command) == 0 {
		return 0, errors.New("usage: run COMMAND [ARGUMENT...]")
	}
	env, missing, err := testserver.StartAll()
	if err != nil {
		return 0, err
	}
	for _, m := range missing {
		fmt.Fprintln(os.Stderr, "testserver:", m)
	}
	if len(missing) > 0 && os.Getenv("CI") == "true" {
		return 0, errors.New("a server is missing")
	}
	// The child gets the terminal's interrupt too: wait for it, so that the servers outlive it.
	signal.Ignore(syscall.SIGINT)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return exit.ExitCode(), nil
		}
		return 0, err
	}
	return 0, nil
}
