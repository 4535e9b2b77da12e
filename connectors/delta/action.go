package delta

import (
	"bytes"
	"encoding/json"
	"iter"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/silogate/silogate/engine/sqlerr"
)

// action is a line of a commit, or a row of a checkpoint. What is none of these fields does not matter to readers.
type action struct {
	Add      *addAction      `json:"add"`
	Remove   *removeAction   `json:"remove"`
	MetaData *metadata       `json:"metaData"`
	Protocol *protocol       `json:"protocol"`
	Sidecar  *sidecarAction  `json:"sidecar"`
	Info     json.RawMessage `json:"commitInfo"`
}

// addAction adds a data file, perhaps without some of its rows.
type addAction struct {
	Path             string             `json:"path"`
	PartitionValues  map[string]*string `json:"partitionValues"`
	Size             int64              `json:"size"`
	ModificationTime int64              `json:"modificationTime"`
	Stats            *string            `json:"stats"`
	StatsParsed      json.RawMessage    `json:"stats_parsed"` // of a checkpoint, in which Stats may be absent
	DeletionVector   *vectorDescriptor  `json:"deletionVector"`
}

// removeAction removes what was added under the same path with the same deletion vector.
type removeAction struct {
	Path           string            `json:"path"`
	DeletionVector *vectorDescriptor `json:"deletionVector"`
}

// sidecarAction names a file with data files of a checkpoint.
type sidecarAction struct {
	Path string `json:"path"`
	Size int64  `json:"sizeInBytes"`
}

// protocol is what readers must know.
type protocol struct {
	MinReaderVersion int      `json:"minReaderVersion"`
	ReaderFeatures   []string `json:"readerFeatures"`
}

// featureMapping is the reader feature of tables whose columns may have other names in files.
const featureMapping = "columnMapping"

// knownFeatures are the reader features of the specification that this package knows. Several need nothing of it: what a table has does not depend on
// how its log is cut into checkpoints, nor on how VACUUM checks it.
var knownFeatures = []string{
	featureMapping, "deletionVectors", "timestampNtz", "v2Checkpoint", "vacuumProtocolCheck", "typeWidening", "typeWidening-preview",
	"variantType", "variantType-preview",
}

// newestReader is the version of the protocol from which on features have names.
const newestReader = 3

// check refuses tables that need what this package does not know.
func (p *protocol) check() error {
	if p.MinReaderVersion > newestReader {
		return sqlerr.New(sqlerr.Unsupported, "the table needs version %d of Delta's protocol for readers, of which %d is the newest known", p.MinReaderVersion, newestReader)
	}
	for _, f := range p.ReaderFeatures {
		if !slices.Contains(knownFeatures, f) {
			return sqlerr.New(sqlerr.Unsupported, "the table has the reader feature %s", f)
		}
	}
	return nil
}

// mapped reports whether columns may have other names in files.
func (p *protocol) mapped() bool {
	return p.MinReaderVersion == 2 || slices.Contains(p.ReaderFeatures, featureMapping)
}

// metadata is what a table is.
type metadata struct {
	ID          string `json:"id"`
	Description string `json:"description"`
	Format      struct {
		Provider string `json:"provider"`
	} `json:"format"`
	SchemaString     string            `json:"schemaString"`
	PartitionColumns []string          `json:"partitionColumns"`
	Configuration    map[string]string `json:"configuration"`
}

// actions yields the actions of a file of lines.
func actions(content []byte) iter.Seq2[action, error] {
	return func(yield func(action, error) bool) {
		number := 0
		for line := range bytes.Lines(content) {
			number++
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			var a action
			if err := json.Unmarshal(line, &a); err != nil {
				yield(a, sqlerr.Wrap(sqlerr.Corrupt, err, "line %d", number))
				return
			}
			if !yield(a, nil) {
				return
			}
		}
	}
}

// decodePath returns the path of a file as stores have it.
func decodePath(text string) (string, error) {
	decoded, err := url.PathUnescape(text)
	if err != nil || decoded == "" || strings.ContainsRune(decoded, 0) {
		return "", sqlerr.New(sqlerr.Corrupt, "%q is no path", text)
	}
	return decoded, nil
}

// absolute matches addresses of files, and no paths below the table's folder.
var absolute = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]*:)?/`)

// key returns the key of a file of a table by its decoded path. Nothing outside the source is read, whatever a log says.
func (s *source) key(folder, name string) (string, error) {
	if absolute.MatchString(name) {
		key, ok := s.place.Key(name)
		if !ok {
			return "", sqlerr.New(sqlerr.SourceError, "%s lies outside the source's %s", name, s.store.Location(s.place.Prefix))
		}
		return key, nil
	}
	if slices.Contains(strings.Split(name, "/"), "..") {
		return "", sqlerr.New(sqlerr.Corrupt, "%q is no path below the table's folder", name)
	}
	return folder + name, nil
}
