package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"github.com/databricks/cli/libs/notebook"
	"github.com/databricks/cli/libs/testserver"
	"github.com/databricks/databricks-sdk-go/service/workspace"
)

// addNotebookHandlers makes the fake take notebooks of every language as a workspace does: they lose their suffix, those of
// Lakeflow Designer keep it and are of another type. The CLI's fake knows Python alone, and tells neither size nor time.
func addNotebookHandlers(server *testserver.Server) {
	written := &writtenFiles{files: map[writtenFile]written{}}
	server.Handle("POST", "/api/2.0/workspace-files/import-file/{path...}", func(req testserver.Request) any {
		return importFile(written, req.Workspace, req.Vars["path"], req.Body, req.URL.Query().Get("overwrite") == "true")
	})
	server.Handle("POST", "/api/2.0/workspace/import", func(req testserver.Request) any {
		var asked workspace.Import
		if err := json.Unmarshal(req.Body, &asked); err != nil {
			return badRequest(err)
		}
		content, err := base64.StdEncoding.DecodeString(asked.Content)
		if err != nil {
			return badRequest(err)
		}
		if asked.Format == workspace.ImportFormatAuto {
			return importFile(written, req.Workspace, asked.Path, content, asked.Overwrite)
		}
		return importNotebook(written, req.Workspace, asked.Path, content, asked.Language, asked.Overwrite)
	})
	server.Handle("GET", "/api/2.0/workspace/get-status", func(req testserver.Request) any {
		status := req.Workspace.WorkspaceGetStatus(req.URL.Query().Get("path"))
		if info, ok := status.Body.(workspace.ObjectInfo); ok {
			status.Body = written.describe(req.Workspace, info)
		}
		return status
	})
	server.Handle("GET", "/api/2.0/workspace/list", func(req testserver.Request) any {
		listing := req.Workspace.WorkspaceList(req.URL.Query().Get("path"))
		if list, ok := listing.Body.(workspace.ListResponse); ok {
			for i, info := range list.Objects {
				list.Objects[i] = written.describe(req.Workspace, info)
			}
		}
		return listing
	})
}

func importFile(files *writtenFiles, w *testserver.FakeWorkspace, name string, content []byte, overwrite bool) testserver.Response {
	base := path.Base(name)
	isNotebook, language, err := notebook.DetectWithFS(fstest.MapFS{base: {Data: content}}, base)
	switch {
	case err != nil:
		return apiError(http.StatusBadRequest, "INVALID_PARAMETER_VALUE", err.Error())
	case isNotebook && notebook.StripExtension(name) != name:
		return importNotebook(files, w, notebook.StripExtension(name), content, language, overwrite)
	default:
		return files.note(w, name, content, w.WorkspaceFilesImportFile(name, content, overwrite))
	}
}

func importNotebook(
	files *writtenFiles, w *testserver.FakeWorkspace, name string, content []byte, language workspace.Language, overwrite bool,
) testserver.Response {
	return files.note(w, name, content, w.WorkspaceImportNotebook(name, content, language, overwrite))
}

// writtenFiles knows when each file of each workspace was written last, and how long it is.
type writtenFiles struct {
	mu    sync.Mutex
	files map[writtenFile]written
}

type writtenFile struct {
	workspace *testserver.FakeWorkspace
	path      string
}

type written struct {
	at   int64
	size int64
}

// note remembers that a file was written, unless the answer says that it wasn't.
func (f *writtenFiles) note(w *testserver.FakeWorkspace, name string, content []byte, answer testserver.Response) testserver.Response {
	if answer.StatusCode == 0 || answer.StatusCode == http.StatusOK {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.files[writtenFile{w, path.Join("/", name)}] = written{time.Now().UnixMilli(), int64(len(content))}
	}
	return answer
}

// describe adds what a workspace tells of a file, and the CLI's fake doesn't.
func (f *writtenFiles) describe(w *testserver.FakeWorkspace, info workspace.ObjectInfo) workspace.ObjectInfo {
	if strings.HasSuffix(info.Path, notebook.ExtensionDesigner) && info.ObjectType == workspace.ObjectTypeFile {
		info.ObjectType = notebook.ObjectTypeDesignerFile
	}
	if info.ObjectType == workspace.ObjectTypeDirectory {
		return info
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if last, ok := f.files[writtenFile{w, info.Path}]; ok {
		info.ModifiedAt = last.at
		if info.ObjectType != workspace.ObjectTypeNotebook {
			info.Size = last.size
		}
	}
	return info
}
