package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// node is a value of the file, with its key for messages.
type node struct {
	ast  ast.Node
	path string // dotted keys from the root: sources.shop.pool
	key  string // the last of them
	line int    // where the key stands
}

// fields says what each key of a mapping fills in; any other key is an error.
type fields map[string]func(node) error

func parseYAML(data []byte) (node, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return node{}, syntax(err)
	}
	switch {
	case len(file.Docs) > 1:
		return node{}, errors.New("the file holds more than one YAML document")
	case len(file.Docs) == 0 || file.Docs[0].Body == nil:
		return node{}, nil
	}
	return node{ast: file.Docs[0].Body}, nil
}

// syntax is a parser's error without the lines it quotes, which may hold secrets.
func syntax(err error) error {
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil {
		return fmt.Errorf("line %d: %s", y.GetToken().Position.Line, y.GetMessage())
	}
	return err
}

func (n node) errorf(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if n.path != "" {
		err = fmt.Errorf("%s: %w", n.path, err)
	}
	if n.line > 0 {
		err = fmt.Errorf("line %d: %w", n.line, err)
	}
	return err
}

func (n node) child(key string, value ast.Node, line int) node {
	path := key
	if n.path != "" {
		path = n.path + "." + key
	}
	return node{ast: value, path: path, key: key, line: line}
}

func (n node) isMapping() bool {
	switch n.ast.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

// each calls visit with every value of a mapping, in the order of the file.
func (n node) each(visit func(node) error) error {
	var values []*ast.MappingValueNode
	switch m := n.ast.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return nil
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		return n.errorf("expected keys with values")
	}
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		token := v.Key.GetToken()
		child := n.child(token.Value, v.Value, token.Position.Line)
		if seen[child.key] {
			return child.errorf("the key appears twice")
		}
		seen[child.key] = true
		if err := visit(child); err != nil {
			return err
		}
	}
	return nil
}

func (n node) mapping(known fields) error {
	return n.each(func(child node) error {
		set, ok := known[child.key]
		if !ok {
			return child.errorf("unknown key; known here: %s", known)
		}
		return set(child)
	})
}

func (f fields) String() string {
	var names []string
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// text returns a scalar as it is written, with its references resolved.
func (n node) text() (string, error) {
	var s string
	switch v := n.ast.(type) {
	case *ast.StringNode:
		s = v.Value
	case *ast.LiteralNode:
		s = v.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		s = v.GetToken().Value
	default:
		return "", n.errorf("expected a single value")
	}
	s, err := expand(s)
	if err != nil {
		return "", n.errorf("%w", err)
	}
	return s, nil
}

func text(dst *string) func(node) error {
	return func(n node) (err error) {
		*dst, err = n.text()
		return err
	}
}

func appendText(dst *[]string, n node) error {
	s, err := n.text()
	*dst = append(*dst, s)
	return err
}

func size(dst *Size) func(node) error {
	return func(n node) error {
		s, err := n.text()
		if err != nil {
			return err
		}
		if *dst, err = ParseSize(s); err != nil {
			return n.errorf("%w", err)
		}
		return nil
	}
}

// sizeOrNone reads a size, which may be 0.
func sizeOrNone(dst *Size) func(node) error {
	return func(n node) error {
		if s, err := n.text(); err == nil && s == "0" {
			*dst = 0
			return nil
		}
		return size(dst)(n)
	}
}

// share reads a number from 0 to 1.
func share(dst *float64) func(node) error {
	return func(n node) error {
		s, err := n.text()
		if err != nil {
			return err
		}
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || !(v >= 0 && v <= 1) {
			return n.errorf("%q is not a share from 0 to 1", s)
		}
		*dst = v
		return nil
	}
}

func nested(known fields) func(node) error {
	return func(n node) error { return n.mapping(known) }
}

// entries visits the values of a mapping whose keys are names.
func entries(visit func(node) error) func(node) error {
	return func(n node) error { return n.each(visit) }
}

// each visits the members of a list.
func each(visit func(node) error) func(node) error {
	return func(n node) error {
		list, ok := n.ast.(*ast.SequenceNode)
		if !ok {
			return n.errorf("expected a list")
		}
		for i, v := range list.Values {
			m := node{ast: v, path: fmt.Sprintf("%s[%d]", n.path, i), line: v.GetToken().Position.Line}
			if err := visit(m); err != nil {
				return err
			}
		}
		return nil
	}
}
