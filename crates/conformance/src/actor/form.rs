//! Parses the forms of a page as a browser does.

use html5gum::{Token, Tokenizer};

/// Maximum numbers; a page with more is not a consent page.
const MAX_FORMS: usize = 16;
const MAX_FIELDS: usize = 256;
const MAX_BUTTONS: usize = 64;
/// Maximum length of a button's label, in bytes.
const MAX_LABEL: usize = 256;

/// One form: its target and its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) method: String,
    pub(super) action: String,
    pub(super) fields: Vec<Field>,
    pub(super) buttons: Vec<Button>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) kind: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Button {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) label: String,
}

/// All forms of a page.
pub(super) fn forms(page: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut open: Option<Form> = None;
    let mut label: Option<usize> = None;
    for token in Tokenizer::new(page) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let attribute = |name: &str| {
                    let value = tag.attributes.get(name.as_bytes());
                    value.map(|value| String::from_utf8_lossy(value).into_owned())
                };
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                match (name.as_str(), &mut open) {
                    ("form", None) => {
                        open = Some(Form {
                            method: attribute("method").unwrap_or_default().to_ascii_lowercase(),
                            action: attribute("action").unwrap_or_default(),
                            ..Form::default()
                        });
                    }
                    ("input" | "button", Some(form)) if attribute("disabled").is_none() => {
                        label = control(form, &name, &attribute);
                    }
                    _ => {}
                }
            }
            Token::EndTag(tag) => match &**tag.name {
                b"button" => label = None,
                b"form" => forms.extend(open.take()),
                _ => {}
            },
            Token::String(text) => {
                let button = open.as_mut().zip(label).and_then(|(form, index)| form.buttons.get_mut(index));
                if let Some(button) = button.filter(|button| button.label.len() < MAX_LABEL) {
                    button.label.push_str(&String::from_utf8_lossy(&text));
                }
            }
            _ => {}
        }
        if forms.len() >= MAX_FORMS {
            break;
        }
    }
    // An unclosed form ends with the page.
    forms.extend(open);
    forms
}

fn control(form: &mut Form, element: &str, attribute: &dyn Fn(&str) -> Option<String>) -> Option<usize> {
    let fallback = if element == "button" { "submit" } else { "text" };
    let kind = attribute("type").unwrap_or_else(|| fallback.to_owned()).to_ascii_lowercase();
    let name = attribute("name").unwrap_or_default();
    let value = attribute("value");
    if kind == "submit" && form.buttons.len() >= MAX_BUTTONS {
        return None;
    }
    if kind == "submit" {
        form.buttons.push(Button {
            name,
            label: match element {
                "input" => value.clone().unwrap_or_default(),
                _ => String::new(),
            },
            value: value.unwrap_or_default(),
        });
        return (element == "button").then(|| form.buttons.len() - 1);
    }
    let unchecked = matches!(kind.as_str(), "checkbox" | "radio") && attribute("checked").is_none();
    let sends = !matches!(kind.as_str(), "button" | "reset" | "image" | "file");
    if sends && !unchecked && !name.is_empty() && form.fields.len() < MAX_FIELDS {
        form.fields.push(Field { name, value: value.unwrap_or_default(), kind });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_a_consent_page_are_parsed() {
        let page = r#"<!doctype html><title>x</title><input name=outside value=1>
            <form method="POST" action="/go?a=1&amp;b=2">
              <input type="hidden" name="state" value="a&quot;b&#39;c &lt;d&gt;">
              <input name=user><input type=password name=word>
              <input type=checkbox name=off value=1><input type=checkbox name=on checked>
              <button name="decision" value="allow">Al<b>lo</b>w</button>
              <button type=submit name="decision" value='deny'>Deny</button>
              <button type=button name=x>No</button><input type=submit value="Other">
            </form><form>"#;
        let forms = forms(page);
        assert_eq!(forms.len(), 2);
        let form = &forms[0];
        assert_eq!((form.method.as_str(), form.action.as_str()), ("post", "/go?a=1&b=2"));
        let names: Vec<&str> = form.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["state", "user", "word", "on"]);
        assert_eq!(form.fields[0].value, "a\"b'c <d>");
        let buttons: Vec<_> = form.buttons.iter().map(|b| (b.value.as_str(), b.label.as_str())).collect();
        assert_eq!(buttons, [("allow", "Allow"), ("deny", "Deny"), ("Other", "Other")]);
    }

    #[test]
    fn malformed_pages_do_not_panic() {
        for page in ["", "<form", "<form><input <button", "<<<>>>", "<form></button></form></form>"] {
            let _ = forms(page);
        }
    }
}
