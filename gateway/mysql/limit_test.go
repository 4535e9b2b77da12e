package mysql

import (
	"testing"
	"time"
)

func TestMaxExecutionTime(t *testing.T) {
	g := start(t)
	db := g.open("")
	c, id := g.conn(db)
	if _, err := c.ExecContext(background, "SET max_execution_time = 50"); err != nil {
		t.Fatal(err)
	}
	go func() { <-g.fake.reading }()
	for _, query := range []string{"SELECT * FROM hangs", "SELECT COUNT(*) FROM endless", "SELECT * FROM endless"} {
		began := time.Now()
		_, err := texts(c, query)
		wantErrno(t, query, err, 3024, "HY000")
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s took %s", query, took)
		}
		eventually(t, "the end of the execution", func() bool { return g.fake.open.Load() == 0 })
	}
	if _, err := c.ExecContext(background, "SET max_execution_time = 0"); err != nil {
		t.Fatal(err)
	}
	var now int64
	if err := c.QueryRowContext(background, "SELECT CONNECTION_ID() FROM numbers LIMIT 1").Scan(&now); err != nil || now != id {
		t.Errorf("connection %d, %v; want %d", now, err, id)
	}
}
