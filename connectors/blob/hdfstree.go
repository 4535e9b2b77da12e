package blob

import (
	"context"
	"io"
	"io/fs"

	"github.com/colinmarc/hdfs/v2"
)

// hdfsTree is the folder of an HDFS for a walk.
type hdfsTree struct {
	ctx  context.Context // of the walk: fs.FS has none
	hdfs *HDFS
}

// ReadDir implements fs.ReadDirFS.
func (t hdfsTree) ReadDir(name string) ([]fs.DirEntry, error) { return t.read(name, 0) }

// read returns entries of a directory, at most so many unless most is 0.
func (t hdfsTree) read(name string, most int) (entries []fs.DirEntry, err error) {
	err = t.hdfs.run(t.ctx, func(c *hdfs.Client) error {
		f, err := c.Open(t.hdfs.path(name))
		if err != nil {
			return err
		}
		defer f.Close()
		if !f.Stat().IsDir() {
			return fs.ErrNotExist
		}
		infos, err := f.Readdir(most)
		if err == io.EOF {
			err = nil
		}
		entries = entries[:0]
		for _, info := range infos {
			entries = append(entries, fs.FileInfoToDirEntry(info))
		}
		return err
	})
	return entries, err
}

// Stat implements fs.StatFS.
func (t hdfsTree) Stat(name string) (info fs.FileInfo, err error) {
	err = t.hdfs.run(t.ctx, func(c *hdfs.Client) error {
		info, err = c.Stat(t.hdfs.path(name))
		return err
	})
	return info, err
}

// Open implements fs.FS, for directories.
func (t hdfsTree) Open(name string) (fs.File, error) { return &hdfsDir{hdfsTree: t, name: name}, nil }

// hdfsDir is a directory that is read in parts. A namenode gives many entries with one answer, and the first ones are often enough.
type hdfsDir struct {
	hdfsTree
	name  string
	known []fs.DirEntry
	given int
	whole bool
}

// ReadDir implements fs.ReadDirFile.
func (d *hdfsDir) ReadDir(n int) (entries []fs.DirEntry, err error) {
	if d.given == len(d.known) && !d.whole {
		most := 0
		if d.given == 0 {
			most = n
		}
		if d.known, err = d.hdfsTree.read(d.name, most); err != nil {
			return nil, err
		}
		d.whole = most <= 0 || len(d.known) < most
	}
	rest := d.known[min(d.given, len(d.known)):]
	if n > 0 {
		if len(rest) == 0 {
			return nil, io.EOF
		}
		rest = rest[:min(n, len(rest))]
	}
	d.given += len(rest)
	return rest, nil
}

// Stat implements fs.File.
func (d *hdfsDir) Stat() (fs.FileInfo, error) { return d.hdfsTree.Stat(d.name) }

// Read implements fs.File.
func (d *hdfsDir) Read([]byte) (int, error) { return 0, fs.ErrInvalid }

// Close implements fs.File.
func (d *hdfsDir) Close() error { return nil }
