package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
)

// harness stands in for *testing.T, which the fake wants for its reports and its clean-up. What it reports as an error
// (a request that nobody handles, an answer that could not be written) is kept for the tests to read.
type harness struct {
	mu       sync.Mutex
	problems []string
	cleanups []func()
}

func (h *harness) report(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.problems = append(h.problems, text)
}

// Problems returns what went wrong so far, oldest first.
func (h *harness) Problems() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string{}, h.problems...)
}

func (h *harness) close() {
	h.mu.Lock()
	cleanups := h.cleanups
	h.cleanups = nil
	h.mu.Unlock()
	for i := len(cleanups) - 1; i >= 0; i-- {
		cleanups[i]()
	}
}

func (h *harness) Cleanup(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cleanups = append(h.cleanups, f)
}

func (h *harness) Error(args ...any)                 { h.report(fmt.Sprint(args...)) }
func (h *harness) Errorf(format string, args ...any) { h.report(fmt.Sprintf(format, args...)) }

func (h *harness) Fatal(args ...any) {
	h.Error(args...)
	h.FailNow()
}

func (h *harness) Fatalf(format string, args ...any) {
	h.Errorf(format, args...)
	h.FailNow()
}

// FailNow ends the request that is being answered: the connection closes without an answer.
func (h *harness) FailNow() { panic(http.ErrAbortHandler) }

func (h *harness) Log(...any)               {}
func (h *harness) Logf(string, ...any)      {}
func (h *harness) Skip(...any)              {}
func (h *harness) Skipf(string, ...any)     {}
func (h *harness) Helper()                  {}
func (h *harness) Context() context.Context { return context.Background() }

func (h *harness) Setenv(key, value string) {
	if err := os.Setenv(key, value); err != nil {
		h.Fatal(err)
	}
}

func (h *harness) TempDir() string {
	dir, err := os.MkdirTemp("", "fakeworkspace-")
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
