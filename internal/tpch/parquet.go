package tpch

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// ParquetTable says how a table lies in Parquet.
type ParquetTable struct {
	Table     string   `json:"table"`
	Columns   []Column `json:"columns"`   // their types are DuckDB's
	Files     int      `json:"files"`     // among which the rows are spread
	Options   string   `json:"options"`   // of DuckDB's COPY
	Partition string   `json:"partition"` // a column whose values are `key=value` folders; empty: none
	Shuffle   bool     `json:"shuffle"`   // rows lie in no order
}

// WriteParquet writes tables as FOLDER/TABLE/...
func (d Data) WriteParquet(folder string, tables ...ParquetTable) error {
	text, err := json.Marshal(tables)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	layout := filepath.Join(folder, "_layout.json")
	if err := os.WriteFile(layout, text, 0o644); err != nil {
		return err
	}
	return script("tpch_layout.py", d.Dir(), layout, folder)
}
