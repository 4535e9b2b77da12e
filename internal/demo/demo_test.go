package demo

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestTheStoryIsAlwaysTheSame(t *testing.T) {
	if a, b := tell(), tell(); !reflect.DeepEqual(a, b) {
		t.Error("two tellings differ")
	}
}

func TestWrite(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	sources, err := Write(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(sources) != 2 || sources[0].Name != "lake" || sources[1].Name != "shop" {
		t.Errorf("sources %+v", sources)
	}
	for _, file := range []string{"labels.parquet", "reviews/split=train/part-0.parquet", "reviews/split=test/part-0.parquet"} {
		if info, err := os.Stat(filepath.Join(dir, "lake", file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, %v", file, info, err)
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id JOIN products p ON p.id = o.product_id`).Scan(&n)
	if err != nil || n != orders {
		t.Errorf("%d orders, %v", n, err)
	}
}
