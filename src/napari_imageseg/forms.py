"""Forms made from settings classes: value, set_value, value_changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Generic, TypeVar

from magicgui.widgets import create_widget
from magicgui.widgets.bases import ValueWidget
from psygnal import Signal
from qtpy.QtWidgets import QFormLayout, QWidget

from imageseg.settings import Checked, Setting, SettingField, setting_fields

S = TypeVar("S", bound=Checked)


class SettingsForm(QWidget, Generic[S]):
    """Fields for some or all settings of a class.

    Parameters
    ----------
    settings
        First values.
    names
        Fields to show, in this order; the others keep their values.
    """

    value_changed = Signal(object)

    def __init__(self, settings: S, names: tuple[str, ...]) -> None:
        super().__init__()
        self._settings = settings
        declared = {field.name: field for field in setting_fields(type(settings))}
        self._widgets = {name: _widget(declared[name]) for name in names}
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, widget in self._widgets.items():
            field = declared[name]
            widget.tooltip = field.setting.help
            widget.value = getattr(settings, name)
            widget.changed.connect(self._on_changed)
            layout.addRow(_label(field), widget.native)

    def value(self) -> S:
        """Return the settings as they are in the form.

        Raises
        ------
        SettingsError
            A value is out of range.
        """
        values = self._settings.to_dict()
        values |= {name: widget.value for name, widget in self._widgets.items()}
        return type(self._settings)(**values)

    def set_value(self, settings: S) -> None:
        """Show other settings."""
        self._settings = settings
        for name, widget in self._widgets.items():
            widget.value = getattr(settings, name)

    def _on_changed(self) -> None:
        self.value_changed.emit(self.value())


def _widget(field: SettingField) -> ValueWidget[Any]:
    setting = field.setting
    options: dict[str, Any] = {}
    if field.choices:
        options = {"choices": list(field.choices), "widget_type": "ComboBox"}
    elif field.kind in (int, float):
        options = {"min": setting.minimum, "max": setting.maximum}
        if setting.step is not None:
            options["step"] = setting.step
        options = {k: v for k, v in options.items() if v is not None}
    widget = create_widget(name=field.name, annotation=field.kind, options=options)
    if not isinstance(widget, ValueWidget):
        raise TypeError(f"{field.name} has no widget for {field.kind}")
    if field.kind is float:
        _show_decimals(widget, setting)
    return widget


def _show_decimals(widget: Any, setting: Setting) -> None:  # noqa: ANN401  a spin box
    """Make room for all digits of the bounds; Qt would round them to the step's."""
    bounds = [b for b in (setting.minimum, setting.maximum) if b is not None]
    widget.native.setDecimals(max(map(_decimals, [*bounds, setting.step or 1])))
    for name, bound in (("min", setting.minimum), ("max", setting.maximum)):
        if bound is not None:
            setattr(widget, name, bound)


def _decimals(number: float) -> int:
    return max(0, -int(Decimal(str(number)).normalize().as_tuple().exponent))


def _label(field: SettingField) -> str:
    unit = f" ({field.setting.unit})" if field.setting.unit else ""
    return field.setting.label + unit
