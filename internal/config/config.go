package config

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/silogate/silogate/connectors"
)

// Config is the gateway's configuration.
type Config struct {
	Listen  string   // host:port of the MySQL protocol
	Flight  string   // host:port of Arrow Flight SQL; empty: off
	Web     string   // host:port of the web page, API, metrics and health; empty: off
	Data    string   // folder of the catalog store, spill and caches
	Roots   []string // folders that sources made by CREATE SERVER may read
	TLS     TLS
	Memory  Memory
	Cache   Cache
	Scratch Scratch
	Shadow  float64 // share of statements that are run a second time, without pushdown
	Users   []User  // made on the first start only
	Sources []Source
}

// TLS names the certificate of the MySQL port; without files it has one of its own making.
type TLS struct {
	Cert, Key string // PEM files
	CA        string // PEM file of who vouches for clients that have to show a certificate; empty: nobody does
}

// Memory bounds what queries may hold.
type Memory struct {
	Server Size // all queries together
	Query  Size // one query, before it spills
	Spill  Size // disk for what does not fit
}

// Cache bounds what is kept of remote files between queries.
type Cache struct {
	Disk Size   // 0: nothing is kept on disk
	Path string // its folder; empty: cache in the data folder
}

// Scratch bounds what scratch databases and temporary tables hold, in memory and in the data folder.
type Scratch struct {
	User  Size // the tables that one user made
	Total Size // all together
}

// User is an account of the gateway.
type User struct {
	Name     string
	Password connectors.Secret
}

// Source is a configured source.
type Source struct {
	Name    string
	Type    string
	Options connectors.Options
	lines   map[string]int // where each option stands, and under "" the source itself
}

// At says where in the file the options are that a connector refused. Connectors know no lines: of the options that the
// message names the first is meant, and the source itself if it names none.
func (s Source) At(err error) error {
	message := strings.TrimPrefix(err.Error(), "source "+s.Name)
	first, where := len(message), ""
	for key := range s.lines {
		word := regexp.MustCompile(`\b` + regexp.QuoteMeta(key) + `\b`)
		if at := word.FindStringIndex(message); key != "" && at != nil && at[0] < first {
			first, where = at[0], key
		}
	}
	return fmt.Errorf("line %d: %w", s.lines[where], err)
}

// Default is the configuration of an empty file.
func Default() Config {
	return Config{
		Listen:  "127.0.0.1:3306",
		Data:    "./silogate-data",
		Memory:  Memory{Server: 4 << 30, Query: 1 << 30, Spill: 50 << 30},
		Cache:   Cache{Disk: 10 << 30},
		Scratch: Scratch{User: 256 << 20, Total: 1 << 30},
	}
}

// Load reads the file at path.
func Load(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	cfg, err := Parse(data)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return cfg, nil
}

// Parse reads the text of a configuration file.
func Parse(data []byte) (Config, error) {
	root, err := parseYAML(data)
	if err != nil {
		return Config{}, err
	}
	cfg := Default()
	err = root.mapping(fields{
		"listen":      text(&cfg.Listen),
		"flight":      text(&cfg.Flight),
		"web":         text(&cfg.Web),
		"data":        text(&cfg.Data),
		"roots":       each(func(n node) error { return appendText(&cfg.Roots, n) }),
		"tls":         nested(fields{"cert": text(&cfg.TLS.Cert), "key": text(&cfg.TLS.Key), "ca": text(&cfg.TLS.CA)}),
		"memory":      nested(fields{"server": size(&cfg.Memory.Server), "query": size(&cfg.Memory.Query), "spill": size(&cfg.Memory.Spill)}),
		"cache":       nested(fields{"disk": sizeOrNone(&cfg.Cache.Disk), "path": text(&cfg.Cache.Path)}),
		"scratch":     nested(fields{"user": size(&cfg.Scratch.User), "total": size(&cfg.Scratch.Total)}),
		"shadow_rate": share(&cfg.Shadow),
		"users":       each(func(n node) error { return user(&cfg, n) }),
		"sources":     entries(func(n node) error { return source(&cfg, n) }),
	})
	if err != nil {
		return Config{}, err
	}
	return cfg, cfg.validate()
}

func user(cfg *Config, n node) error {
	var u User
	var password string
	if err := n.mapping(fields{"name": text(&u.Name), "password": text(&password)}); err != nil {
		return err
	}
	if u.Name == "" {
		return n.errorf("a user needs a name")
	}
	u.Password = connectors.Secret(password)
	cfg.Users = append(cfg.Users, u)
	return nil
}

// sourceName keeps names usable as a database name and unambiguous before "_schema".
var sourceName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)

func source(cfg *Config, n node) error {
	if !sourceName.MatchString(n.key) {
		return n.errorf("a source's name is a letter and then letters, digits and underscores, at most 63 in all")
	}
	s := Source{Name: n.key, Options: connectors.Options{}, lines: map[string]int{"": n.line}}
	if err := s.options("", n); err != nil {
		return err
	}
	if s.Type == "" {
		return n.errorf("a source needs a type")
	}
	same := func(other Source) bool { return strings.EqualFold(other.Name, s.Name) }
	if slices.ContainsFunc(cfg.Sources, same) {
		return n.errorf("another source has this name")
	}
	cfg.Sources = append(cfg.Sources, s)
	return nil
}

// options reads the options of a mapping. One below another has a key with a dot: tables.orders.format.
func (s *Source) options(above string, n node) error {
	return n.each(func(option node) error {
		key := above + strings.ToLower(option.key)
		if option.isMapping() {
			return s.options(key+".", option)
		}
		s.lines[key] = option.line
		v, err := option.text()
		if err != nil {
			return err
		}
		if key == "type" {
			s.Type = v
		} else {
			s.Options[key] = v
		}
		return nil
	})
}

// validate checks what one key alone does not show.
func (c *Config) validate() error {
	for _, l := range []struct{ key, address string }{{"listen", c.Listen}, {"flight", c.Flight}, {"web", c.Web}} {
		if l.address == "" && l.key != "listen" {
			continue
		}
		if _, _, err := net.SplitHostPort(l.address); err != nil {
			return fmt.Errorf("%s: %q is not host:port", l.key, l.address)
		}
	}
	if c.Data == "" {
		return fmt.Errorf("data: a folder is needed")
	}
	if c.Memory.Query > c.Memory.Server {
		return fmt.Errorf("memory.query: %s is more than memory.server, %s", c.Memory.Query, c.Memory.Server)
	}
	if c.Scratch.User > c.Scratch.Total {
		return fmt.Errorf("scratch.user: %s is more than scratch.total, %s", c.Scratch.User, c.Scratch.Total)
	}
	if c.TLS.CA != "" && c.TLS.Cert == "" {
		return fmt.Errorf("tls: ca needs cert and key")
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		return fmt.Errorf("tls: cert and key go together")
	}
	return nil
}
