import { gql } from 'postgraphile/utils';

/** The types and fields of templates of mails to leads, and of reports about mails. */
export const emailTemplateTypes = gql`
  """
  A variable of a template's own.
  """
  input EmailVariableInput {
    """
    Small letters, digits and underscores.
    """
    name: String!
    description: String
    """
    What it is in mails that do not say. Without it, every mail has to.
    """
    default: JSON
    """
    What previews put in.
    """
    sample: JSON
  }

  input SaveEmailTemplateInput {
    """
    The template to change; without it another is made.
    """
    rowId: UUID
    """
    Unique among those that are not archived. A new template needs one.
    """
    name: String
    description: String
    category: String
    """
    Liquid, without markup.
    """
    subject: String!
    """
    Liquid in HTML. Whatever is put in is escaped; there is no way around that.
    """
    html: String
    """
    Liquid in plain text; without it, text is made of the HTML.
    """
    text: String
    variables: [EmailVariableInput!]
    """
    The version that the change was made from: refused when there is a newer one.
    """
    ifVersion: Int
  }

  type SaveEmailTemplatePayload {
    emailTemplate: EmailTemplate
  }

  """
  A template that has not been saved.
  """
  input EmailTemplateSourceInput {
    subject: String!
    html: String
    text: String
    variables: [EmailVariableInput!]
  }

  """
  A mail as it would go out, before links are signed.
  """
  type EmailPreview {
    subject: String!
    """
    Null when the mail is text only.
    """
    html: String
    text: String!
    """
    Variables that have no default and were not given. Their samples stand in for them, if they have any.
    """
    missing: [String!]!
  }

  """
  Where and how others report what became of mails: bounces, complaints, answers.
  """
  type MailWebhook {
    """
    Takes lists of reports as JSON, see docs/MAIL.md.
    """
    eventsUrl: String!
    """
    Takes mails as they came back: notices of delivery, complaints, answers.
    """
    inboundUrl: String!
    """
    Signs the reports (HMAC with SHA-256, header Callboard-Signature). Whoever has it can suppress addresses.
    """
    secret: String!
    version: Int!
  }

  type RotateMailWebhookPayload {
    mailWebhook: MailWebhook
  }

  extend type Mutation {
    """
    Writes a template of mails, whole: subject, HTML and text in Liquid, with the variables that they use. What would not
    render is refused, TEMPLATE_INVALID with part, line and variable. A change of what is rendered makes a new version;
    mails that went out keep theirs. Needs marketing.write. Errors: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND_OR_FORBIDDEN;
    CONFLICT when somebody else saved meanwhile; INVALID_INPUT.
    """
    saveEmailTemplate(input: SaveEmailTemplateInput!): SaveEmailTemplatePayload
    """
    Makes a new secret for reports about mails. The one before holds for a day. Needs marketing.manage. Errors:
    UNAUTHENTICATED, FORBIDDEN.
    """
    rotateMailWebhook: RotateMailWebhookPayload
  }

  extend type Query {
    """
    What a mail would be: of a saved template (in its present version, or an older one) or of one that has not been saved, to
    a lead or to a made-up one. Errors: TEMPLATE_INVALID, NOT_FOUND_OR_FORBIDDEN for the template or the lead, INVALID_INPUT.
    """
    previewEmailTemplate(
      templateId: UUID
      version: Int
      source: EmailTemplateSourceInput
      leadId: UUID
      variables: JSON
    ): EmailPreview
    """
    What a mail of the queue says, or said when it went out: the version of the template and the values of that time. Null
    when there is no such mail for the caller.
    """
    emailContent(rowId: UUID!): EmailPreview
    """
    Where to report what became of mails, and with which secret. Needs marketing.manage. Errors: UNAUTHENTICATED,
    FORBIDDEN.
    """
    mailWebhook: MailWebhook
  }
`;
