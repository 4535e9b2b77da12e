package demo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	_ "modernc.org/sqlite" // the driver of the shop

	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/connectors"
)

// Write makes the silos in dir, which is empty, and returns the sources that serve them.
func Write(ctx context.Context, dir string) ([]store.Server, error) {
	s := tell()
	shop := filepath.Join(dir, "shop.db")
	if err := s.writeShop(ctx, shop); err != nil {
		return nil, fmt.Errorf("demo shop: %w", err)
	}
	lake := filepath.Join(dir, "lake")
	if err := s.writeLake(lake); err != nil {
		return nil, fmt.Errorf("demo lake: %w", err)
	}
	return []store.Server{
		{Name: "lake", Type: "objectstore", Options: connectors.Options{"url": lake}},
		{Name: "shop", Type: "sqlite", Options: connectors.Options{"path": shop}},
	}, nil
}

const schema = `
CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, country CHAR(2) NOT NULL, since DATE NOT NULL);
CREATE TABLE products (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, category VARCHAR(20) NOT NULL, price DECIMAL(8,2) NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers, product_id INTEGER NOT NULL REFERENCES products,
	quantity INTEGER NOT NULL, ordered_at DATETIME NOT NULL);
CREATE INDEX orders_customer ON orders (customer_id);`

// writeShop fills the relational silo.
func (s *story) writeShop(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to roll back
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return err
	}
	insert := func(statement string, n int, row func(i int) []any) (err error) {
		prepared, err := tx.PrepareContext(ctx, statement)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, prepared.Close()) }()
		for i := range n {
			if _, err := prepared.ExecContext(ctx, row(i)...); err != nil {
				return err
			}
		}
		return nil
	}
	err = errors.Join(
		insert(`INSERT INTO customers VALUES (?, ?, ?, ?)`, len(s.customers), func(i int) []any {
			c := s.customers[i]
			return []any{c.id, c.name, c.country, c.since.Format("2006-01-02")}
		}),
		insert(`INSERT INTO products VALUES (?, ?, ?, ?)`, len(s.products), func(i int) []any {
			p := s.products[i]
			return []any{p.id, p.name, p.category, fmt.Sprintf("%d.%02d", p.cents/100, p.cents%100)}
		}),
		insert(`INSERT INTO orders VALUES (?, ?, ?, ?, ?)`, len(s.orders), func(i int) []any {
			o := s.orders[i]
			return []any{o.id, o.customer, o.product, o.quantity, o.at.Format("2006-01-02 15:04:05")}
		}),
	)
	if err != nil {
		return err
	}
	return tx.Commit()
}

// writeLake fills the lake: reviews/split=train, reviews/split=test and labels.parquet.
func (s *story) writeLake(dir string) error {
	labels := arrow.NewSchema([]arrow.Field{
		{Name: "label", Type: arrow.PrimitiveTypes.Int8},
		{Name: "class", Type: arrow.BinaryTypes.String},
	}, nil)
	err := writeParquet(filepath.Join(dir, "labels.parquet"), labels, func(b *array.RecordBuilder) {
		for i, class := range classes {
			b.Field(0).(*array.Int8Builder).Append(int8(i))
			b.Field(1).(*array.StringBuilder).Append(class)
		}
	})
	if err != nil {
		return err
	}
	for split, test := range map[string]bool{"train": false, "test": true} {
		path := filepath.Join(dir, "reviews", "split="+split, "part-0.parquet")
		if err := writeParquet(path, reviewSchema, func(b *array.RecordBuilder) { s.appendReviews(b, test) }); err != nil {
			return err
		}
	}
	return nil
}

var reviewSchema = arrow.NewSchema([]arrow.Field{
	{Name: "review_id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "product_id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "customer_id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "stars", Type: arrow.PrimitiveTypes.Int8},
	{Name: "label", Type: arrow.PrimitiveTypes.Int8},
	{Name: "text", Type: arrow.BinaryTypes.String},
	{Name: "reviewed_at", Type: arrow.FixedWidthTypes.Timestamp_us},
}, nil)

func (s *story) appendReviews(b *array.RecordBuilder, test bool) {
	for _, r := range s.reviews {
		if r.test != test {
			continue
		}
		b.Field(0).(*array.Int64Builder).Append(r.id)
		b.Field(1).(*array.Int64Builder).Append(r.product)
		b.Field(2).(*array.Int64Builder).Append(r.customer)
		b.Field(3).(*array.Int8Builder).Append(r.stars)
		b.Field(4).(*array.Int8Builder).Append(r.label)
		b.Field(5).(*array.StringBuilder).Append(r.text)
		b.Field(6).(*array.TimestampBuilder).Append(arrow.Timestamp(r.at.UnixMicro()))
	}
}

func writeParquet(path string, schema *arrow.Schema, fill func(*array.RecordBuilder)) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	properties := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Snappy))
	w, err := pqarrow.NewFileWriter(schema, file, properties, pqarrow.DefaultWriterProps())
	if err != nil {
		return errors.Join(err, file.Close())
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	fill(b)
	batch := b.NewRecordBatch()
	defer batch.Release()
	return errors.Join(w.Write(batch), w.Close()) // closes the file
}
