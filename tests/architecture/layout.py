"""The tables of docs/architecture.md as data, and the sentences about a file that breaks them."""

import ast
from collections.abc import Iterator
from pathlib import Path

ORDER = ("accounts", "registry", "imaging", "feedback", "diagnostics")

HOMES: dict[str, tuple[str, ...]] = {
    "cryptography": ("accounts/crypto/", "accounts/audit/verifier.py"),
    "channels": ("accounts/live.py", "diagnostics/"),
    "auditlog": ("accounts/audit/", *(f"{app}/apps.py" for app in ORDER)),
    "guardian": ("accounts/", "registry/models/", "imaging/models/", "feedback/models/"),
    "torch": (
        "registry/runtime/engines/torch.py",
        "registry/runtime/engines/export.py",
        "registry/runtime/architectures/",
        "registry/runtime/importing/",
        "registry/federated/",
        "feedback/learning/",
        "imaging/pipeline/explain_reference.py",
    ),
    "torchvision": (
        "registry/runtime/architectures/",
        "registry/runtime/importing/",
        "registry/runtime/engines/torch.py",
        "feedback/learning/",
    ),
    "timm": ("registry/runtime/architectures/", "feedback/learning/"),
    "sklearn": ("feedback/learning/",),
    "pycocotools": ("feedback/learning/",),
    "pytorch_grad_cam": ("imaging/pipeline/explain_reference.py",),
    "openvino": ("registry/runtime/",),
    "safetensors": ("registry/runtime/", "feedback/learning/distillation/"),
    "pydicom": ("imaging/dicom/", "imaging/dicomweb/"),
    "imagecodecs": ("imaging/dicom/",),
    "PIL": ("imaging/raster.py", "imaging/rendering.py"),
    "cv2": ("imaging/pipeline/", "feedback/learning/guard/", "feedback/learning/film_marks.py"),
    "celery": ("diagnostics/celery.py", "imaging/tasks.py", "feedback/tasks.py", "registry/tasks.py"),
    "allauth": ("accounts/", "diagnostics/"),
    "axes": ("accounts/", "diagnostics/"),
    "reportlab": ("feedback/reports/",),
    "python_multipart": ("imaging/upload.py", "imaging/multipart.py"),
}

PURE = (
    "accounts/crypto/",
    "registry/metrics/",
    "registry/drift/",
    "registry/federated/",
    "imaging/dicom/",
    "imaging/pipeline/",
)
NOT_PURE = ("accounts/crypto/storage.py", "accounts/crypto/fields.py")

INTERFACES = ("/api/", "/views/", "/dicomweb/", "/consumers.py", "/worker.py", "/tasks.py", "/admin.py", "/management/")

SETTINGS = "diagnostics/settings/"
ENVIRONMENT_READERS = ("diagnostics/env.py", "diagnostics/serving.py", "manage.py")


def imported_modules(tree: ast.AST, path: str) -> Iterator[tuple[int, str]]:
    """Every (line, dotted module) imported anywhere in the file, functions and import_module("...") included."""
    package = path.split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, node.module] if node.module else base)
            yield from ((node.lineno, f"{stem}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and _is_import_call(node.func):
            yield from (
                (node.lineno, argument.value)
                for argument in node.args[:1]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            )


def _is_import_call(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"import_module", "__import__", "import_string"}


def offences(path: str, source: str) -> list[str]:
    """Sentences about one file; none when it keeps to the layout."""
    tree = ast.parse(source)
    imports = imported_modules(tree, path)
    found = [sentence for line, module in imports for sentence in _about_import(path, line, module)]
    return found + list(_about_names(path, tree))


def _about_import(path: str, line: int, module: str) -> Iterator[str]:
    app, package = path.split("/", 1)[0], module.split(".", 1)[0]
    if package in ORDER and ORDER.index(package) > ORDER.index(app):
        yield f"{path}:{line}: {app} must not import {package}"
    if package in HOMES and not path.startswith(HOMES[package]):
        yield f"{path}:{line}: {package} belongs in {', '.join(HOMES[package])}"
    if path.startswith(PURE) and path not in NOT_PURE and (package == "django" or _is_orm(module)):
        yield f"{path}:{line}: a pure package must not import {module}"


def _is_orm(module: str) -> bool:
    parts = module.split(".")
    return parts[0] in ORDER and "models" in parts


def _about_names(path: str, tree: ast.AST) -> Iterator[str]:
    interface = any(part in f"/{path}" for part in INTERFACES)
    for node in ast.walk(tree):
        if interface and isinstance(node, ast.Attribute) and node.attr == "objects":
            yield f"{path}:{node.lineno}: an interface must use access, selectors or services, not .objects"
        if path not in ENVIRONMENT_READERS and _reads_environment(node):
            yield f"{path}:{node.lineno}: only {', '.join(ENVIRONMENT_READERS)} read the environment"


def _reads_environment(node: ast.AST) -> bool:
    """getenv, environ[...] and environ.get; setting a variable for a library is not reading one."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return getattr(node.value, "attr", "") == "environ"
    if not isinstance(node, ast.Attribute):
        return False
    return node.attr == "getenv" or (node.attr in {"get", "items"} and getattr(node.value, "attr", "") == "environ")


def application_files(root: Path) -> Iterator[tuple[str, str]]:
    """(path relative to the root, source) of every module of ours that is not a migration."""
    for app in ORDER:
        for file in sorted((root / app).rglob("*.py")):
            path = file.relative_to(root).as_posix()
            if "/migrations/" not in path:
                yield path, file.read_text()


def module_graph(files: dict[str, str]) -> dict[str, set[str]]:
    """Module -> modules of ours that it imports when it is loaded (imports inside functions make no load cycle)."""
    names = {path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in files}
    graph: dict[str, set[str]] = {name: set() for name in names}
    for name, path in names.items():
        for module in _top_level_imports(ast.parse(files[path]), path):
            target = module if module in names else module.rpartition(".")[0]
            if target in names and target != name:
                graph[name].add(target)
    return graph


def _top_level_imports(tree: ast.Module, path: str) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (module for _, module in imported_modules(ast.Module(body=[node], type_ignores=[]), path))


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Strongly connected components of more than one module (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in graph[node]:
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            component = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(component) > 1:
                found.append(sorted(component))

    for node in graph:
        if node not in index:
            visit(node)
    return found
