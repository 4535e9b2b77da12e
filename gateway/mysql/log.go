package mysql

import (
	"context"
	"io"
	"log"
	"log/slog"

	"github.com/sirupsen/logrus"
)

// RouteLibraryLogs sends to l what GMS and Vitess log through their process-wide loggers, as debug messages: what of it
// matters, the gateway reports itself. Call it once, from main.
func RouteLibraryLogs(l *slog.Logger) {
	logrus.SetOutput(io.Discard)
	logrus.SetLevel(logrus.WarnLevel) // its debug messages hold statements with their literals
	log.SetFlags(0)
	log.SetOutput(libraryLog{l})
}

// libraryLog is the output of package log.
type libraryLog struct{ *slog.Logger }

// Write logs a line.
func (l libraryLog) Write(line []byte) (int, error) {
	l.Log(context.Background(), slog.LevelDebug, string(line), "origin", "library")
	return len(line), nil
}
