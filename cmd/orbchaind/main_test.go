package main

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"orbchaind": main})
}

// TestScripts runs the program as people do. NOBODY in a script's environment is an address where nothing listens.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			nobody, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			env.Vars = append(env.Vars, "HOME="+env.WorkDir, "ORBCHAIND_HOME="+filepath.Join(env.WorkDir, "home"), "NOBODY="+nobody.Addr().String())
			return nobody.Close()
		},
	})
}
