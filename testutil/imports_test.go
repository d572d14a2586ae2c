package testutil_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/orbnetwork/orb/"

// rules say, for code below each folder, what it may never import. The first rule whose folder matches a file applies; a folder
// that no rule names may import anything.
var rules = []struct {
	folder string
	never  []string
}{
	{"pkg/", []string{
		module + "x/", module + "app", module + "node/", module + "cmd/", module + "testutil",
		"github.com/tetratelabs/wazero", "github.com/libp2p/", "github.com/ipfs/", "github.com/cosmos/cosmos-sdk/",
		"os", "net", "net/http", "time", "sync", "math/rand", "crypto/rand",
	}},
	{"x/functions/", []string{module + "x/seeding", module + "x/rewards", module + "app", module + "node/", module + "cmd/"}},
	{"x/seeding/", []string{module + "x/functions/keeper", module + "x/rewards", module + "app", module + "node/", module + "cmd/"}},
	{"x/rewards/", []string{module + "x/functions/keeper", module + "x/seeding/keeper", module + "app", module + "node/", module + "cmd/"}},
	{"app/", []string{module + "node/", module + "cmd/"}},
	{"node/", []string{
		module + "app", module + "cmd/", module + "x/functions/keeper", module + "x/seeding/keeper", module + "x/rewards/keeper",
	}},
	{"cmd/orb/", []string{module + "app"}},
}

// consensus code must not be able to reach the network or the machine.
var consensus = []string{"github.com/tetratelabs/wazero", "github.com/libp2p/", "github.com/ipfs/"}

func TestImports(t *testing.T) {
	checked := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator)))
		if d.IsDir() && (rel == "build" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".git")) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		generated := strings.HasSuffix(rel, ".pb.go") || strings.HasSuffix(rel, ".pb.gw.go")
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		checked++
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			for _, never := range forbidden(rel) {
				if generated && !strings.HasPrefix(never, module) {
					continue
				}
				if imported == never || strings.HasPrefix(imported, strings.TrimSuffix(never, "/")+"/") {
					t.Errorf("%s imports %s, which code in its folder must not", rel, imported)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked == 0 {
		t.Fatal("no Go file was checked")
	}
}

func forbidden(rel string) []string {
	var never []string
	if strings.HasPrefix(rel, "x/") || strings.HasPrefix(rel, "app/") {
		never = append(never, consensus...)
	}
	for _, rule := range rules {
		if strings.HasPrefix(rel, rule.folder) && !strings.HasPrefix(rel, rule.folder+"simulation/") {
			return append(never, rule.never...)
		}
	}
	return never
}
