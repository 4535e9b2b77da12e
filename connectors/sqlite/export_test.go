package sqlite

import (
	"time"

	"github.com/silogate/silogate/connectors"
)

// WaitFor makes a connector wait less long for a locked file.
func WaitFor(c connectors.Connector, d time.Duration) { c.(*connector).wait = d }
