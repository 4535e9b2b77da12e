// Command silogate is the gateway: one SQL catalog over many data silos, spoken to as a MySQL server.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/silogate/silogate/gateway/mysql"
)

// version is set when the binary is linked.
var version = "dev"

const usage = `silogate: one SQL catalog over many data silos

  silogate demo [--listen ADDR]     serve embedded sample silos on this machine alone
  silogate serve --config FILE      serve the sources of a configuration file
  silogate check --config FILE      connect to every source and say what would be served
  silogate version
`

func main() {
	ctx := untilSignalled()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	mysql.RouteLibraryLogs(log)
	err := run(ctx, os.Args[1:], os.Stdout, log)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "silogate:", err)
		os.Exit(1)
	}
}

// untilSignalled returns a context that ends with the first SIGINT or SIGTERM. A second one ends the process at once.
func untilSignalled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(1)
	}()
	return ctx
}

// run does what args say until that is done or ctx ends.
func run(ctx context.Context, args []string, out io.Writer, log *slog.Logger) error {
	if len(args) == 0 {
		return errors.Join(flag.ErrHelp, show(out, usage))
	}
	flags := flag.NewFlagSet("silogate "+args[0], flag.ContinueOnError)
	flags.SetOutput(out)
	switch args[0] {
	case "demo":
		listen := flags.String("listen", "127.0.0.1:3306", "where to listen, on this machine's own addresses")
		if err := parse(flags, args[1:]); err != nil {
			return err
		}
		return runDemo(ctx, *listen, out, log)
	case "serve", "check":
		path := flags.String("config", "", "the configuration file")
		if err := parse(flags, args[1:]); err != nil {
			return err
		}
		if *path == "" {
			return fmt.Errorf("%s needs --config FILE", args[0])
		}
		if args[0] == "check" {
			return check(ctx, *path, out, log)
		}
		return serve(ctx, *path, log)
	case "version", "--version", "-version":
		return show(out, "silogate "+version+"\n")
	case "help", "--help", "-h":
		return show(out, usage)
	}
	return errors.Join(fmt.Errorf("there is no command %q", args[0]), show(out, usage))
}

func show(out io.Writer, text string) error {
	_, err := io.WriteString(out, text)
	return err
}

func parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not understood", flags.Arg(0))
	}
	return nil
}
