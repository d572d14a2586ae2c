package devloop

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	functionstypes "github.com/orbnetwork/orb/x/functions/types"
)

//go:embed all:templates
var templateFiles embed.FS

// templateSuffix keeps files of templates from being taken for this module's own; they are written without it, and with the function's
// name in place of namePlace.
const (
	templateSuffix = ".tmpl"
	namePlace      = "{{name}}"
)

// template is what a function can begin as: the files of some folders of templates, later ones over earlier ones.
type template struct {
	name, about string
	folders     []string
}

var templates = []template{
	{"go", "Go, HTTP without net/http: small and fast", []string{"common", "http", "go"}},
	{"go-http", "Go, any http.Handler", []string{"common", "http", "go-http"}},
	{"filter", "Go, a body in and a body out", []string{"common", "filter"}},
	{"rust", "Rust, HTTP without crates", []string{"common", "http", "rust"}},
	{"c", "C, HTTP with nothing but libc", []string{"common", "http", "c"}},
	{"assemblyscript", "AssemblyScript, HTTP without packages", []string{"common", "http", "assemblyscript"}},
	{"tinygo", "the go template, compiled by TinyGo to a fraction of the size", []string{"common", "http", "go", "tinygo"}},
}

// TemplateNames are the names that New takes; the first one is the default.
func TemplateNames() []string {
	names := make([]string, len(templates))
	for i, t := range templates {
		names[i] = t.name
	}
	return names
}

func templateTable() string {
	var b strings.Builder
	for _, t := range templates {
		fmt.Fprintf(&b, "  %-14s  %s\n", t.name, t.about)
	}
	return b.String()
}

// New begins a function in a new folder with its name: the last part of the path, a valid name on chain.
func New(folder, templateName string) error {
	name := filepath.Base(filepath.Clean(folder))
	if err := functionstypes.ValidateName(name); err != nil {
		return err
	}
	for _, t := range templates {
		if t.name != templateName {
			continue
		}
		if err := os.Mkdir(folder, 0o755); errors.Is(err, os.ErrExist) {
			return fmt.Errorf("%s exists already; choose another name, or remove it first", folder)
		} else if err != nil {
			return fmt.Errorf("making the function's folder: %w", err)
		}
		for _, from := range t.folders {
			if err := copyTemplate(path.Join("templates", from), folder, name); err != nil {
				return fmt.Errorf("making the function's folder: %w", err)
			}
		}
		return nil
	}
	return fmt.Errorf("there is no template %q, only %s", templateName, strings.Join(TemplateNames(), ", "))
}

func copyTemplate(from, to, name string) error {
	return fs.WalkDir(templateFiles, from, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := templateFiles.ReadFile(file)
		if err != nil {
			return err
		}
		relative, templated := strings.CutSuffix(strings.TrimPrefix(file, from+"/"), templateSuffix)
		if templated {
			data = []byte(strings.ReplaceAll(string(data), namePlace, name))
		}
		target := filepath.Join(to, filepath.FromSlash(relative))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o644)
	})
}
