package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"path"
	"strings"
	"testing/fstest"

	"github.com/databricks/cli/libs/notebook"
	"github.com/databricks/cli/libs/testserver"
	"github.com/databricks/databricks-sdk-go/service/workspace"
)

// addNotebookHandlers makes the fake take notebooks of every language as a workspace does: they lose their suffix, those of
// Lakeflow Designer keep it and are of another type. The CLI's fake knows Python alone.
func addNotebookHandlers(server *testserver.Server) {
	server.Handle("POST", "/api/2.0/workspace-files/import-file/{path...}", func(req testserver.Request) any {
		return importFile(req.Workspace, req.Vars["path"], req.Body, req.URL.Query().Get("overwrite") == "true")
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
			return importFile(req.Workspace, asked.Path, content, asked.Overwrite)
		}
		return req.Workspace.WorkspaceImportNotebook(asked.Path, content, asked.Language, asked.Overwrite)
	})
	server.Handle("GET", "/api/2.0/workspace/get-status", func(req testserver.Request) any {
		status := req.Workspace.WorkspaceGetStatus(req.URL.Query().Get("path"))
		if info, ok := status.Body.(workspace.ObjectInfo); ok {
			status.Body = withType(info)
		}
		return status
	})
	server.Handle("GET", "/api/2.0/workspace/list", func(req testserver.Request) any {
		listing := req.Workspace.WorkspaceList(req.URL.Query().Get("path"))
		if list, ok := listing.Body.(workspace.ListResponse); ok {
			for i, info := range list.Objects {
				list.Objects[i] = withType(info)
			}
		}
		return listing
	})
}

func importFile(w *testserver.FakeWorkspace, name string, content []byte, overwrite bool) testserver.Response {
	base := path.Base(name)
	isNotebook, language, err := notebook.DetectWithFS(fstest.MapFS{base: {Data: content}}, base)
	switch {
	case err != nil:
		return apiError(http.StatusBadRequest, "INVALID_PARAMETER_VALUE", err.Error())
	case isNotebook && notebook.StripExtension(name) != name:
		return w.WorkspaceImportNotebook(notebook.StripExtension(name), content, language, overwrite)
	default:
		return w.WorkspaceFilesImportFile(name, content, overwrite)
	}
}

func withType(info workspace.ObjectInfo) workspace.ObjectInfo {
	if strings.HasSuffix(info.Path, notebook.ExtensionDesigner) && info.ObjectType == workspace.ObjectTypeFile {
		info.ObjectType = notebook.ObjectTypeDesignerFile
	}
	return info
}
